import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '#contract/metrics.ts';
import { ROUTES } from '#contract/routes.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { GATE_SETTINGS } from '#contract/settings/gate-settings.ts';
import { END_REASONS } from '#core/gate/decide-request.ts';
import { stageJsonSchema } from '#lib/settings/stage.ts';
import { LOCAL_SETTINGS } from '#local/local-settings.ts';
import { anchorOf, codeIn, sectionsOf } from './headings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const SOURCES = globSync(['{gate,core/gate,adapters/http-server}/**/*.ts', 'adapters/probe-token.ts'], {
  cwd: ROOT,
})
  .map(read)
  .join('\n');
const GATE_PAGE = read('docs/gate.md');

function sectionOf(page: string, title: string): string {
  const text = sectionsOf(page).find((section) => section.title === title)?.text;
  if (text === undefined) throw new Error(`there is no section ${title}`);
  return text;
}

/** Returns the inline code in the first column of the tables of a text. */
function firstColumns(text: string): readonly string[] {
  const cells = text.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split('|')[1] ?? ''] : []));
  return cells.flatMap((cell) => codeIn(cell));
}

describe.each(['docs/gate.md', 'docs/open-a-workbench.md'])('%s', (path) => {
  const page = read(path);

  it('names existing settings', () => {
    const known = { ...SETTINGS, ...LOCAL_SETTINGS, ...GATE_SETTINGS };
    const named = page.match(/\b(?:WB|RESTAPI)_[A-Z_]+\b/g) ?? [];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in known))).toEqual([]);
  });

  it('names existing settings of a stage', () => {
    const schema = JSON.stringify(stageJsonSchema());
    const named = codeIn(page).filter((code) => /^(?:gateway|api)\.[a-zA-Z]+$/.test(code));
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !schema.includes(`"${name.split('.')[1]}":`))).toEqual([]);
  });

  it('links to existing sections', () => {
    const links = [...page.matchAll(/\]\(((?!https?:)[^)#]*)(?:#([^)]*))?\)/g)];
    expect(links.length).toBeGreaterThan(3);
    const broken = links.flatMap(([, file = '', anchor]) => {
      const target = file === '' ? path : join(dirname(path), file);
      if (anchor === undefined) return globSync(target, { cwd: ROOT }).length > 0 ? [] : [target];
      const anchors = sectionsOf(read(target)).map(({ title }) => anchorOf(title));
      return anchors.includes(anchor) ? [] : [`${target}#${anchor}`];
    });
    expect(broken).toEqual([]);
  });

  it('names existing paths of the gate', () => {
    const named = page.match(/\/\.wb\/[a-z-]+/g) ?? [];
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((own) => !SOURCES.includes(`'${own}'`))).toEqual([]);
  });
});

it('docs/gate.md names the log messages and metrics of the gate', () => {
  const named = firstColumns(sectionOf(GATE_PAGE, 'Logs, metrics and alarms'));
  const metrics = named.filter((name) => /^[a-z]+(?:_[a-z]+)+$/.test(name));
  const messages = named.filter((name) => name.includes(' '));
  expect(metrics).toContain('gate_connection_ended');
  expect(metrics.filter((name) => !(name in METRICS))).toEqual([]);
  expect(messages.length).toBeGreaterThan(5);
  expect(messages.filter((message) => !SOURCES.includes(`'${message}'`))).toEqual([]);
  const codes = codeIn(sectionOf(GATE_PAGE, 'Logs, metrics and alarms'));
  expect(END_REASONS.filter((reason) => !codes.includes(reason))).toEqual([]);
});

it('both pages name pages that the gate has', () => {
  const errors = sectionOf(read('docs/open-a-workbench.md'), 'Errors');
  const named = [...codeIn(errors), ...firstColumns(sectionOf(GATE_PAGE, 'Failures'))];
  const titles = named.filter((name) => /^[A-Z][a-z]+ [a-z]/.test(name));
  expect(titles.length).toBeGreaterThan(8);
  expect(titles.filter((title) => !SOURCES.includes(title))).toEqual([]);
});

it('docs/open-a-workbench.md names routes of the API', () => {
  const named = [...read('docs/open-a-workbench.md').matchAll(/`(GET|POST) (\/workbenches[^`?]*)`/g)];
  expect(named.length).toBeGreaterThan(1);
  const known = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(
    named.map(([, method, path]) => `${method} ${path}`).filter((route) => !known.includes(route)),
  ).toEqual([]);
});
