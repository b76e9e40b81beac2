import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT_SETTINGS } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { DEPLOYED_GATE_SETTINGS } from '#contract/settings/gate-deployment-settings.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import { stageJsonSchema } from '#lib/settings/stage.ts';
import { synthesizeShared } from '#test/lib/shared-stage.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';
import { anchorOf, codeIn, sectionsOf, subsectionsOf } from './headings.ts';
import { alarmsOf, missingLogGroups, outputsOf, type SynthesizedStage } from './synthesized-stage.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const SECTIONS = sectionsOf(PAGE);
const ALARM_SECTIONS = subsectionsOf(SECTIONS, 'Alarms');

/** The example has all features, and so the alarms, outputs and log groups of every stage. */
let example: SynthesizedStage;
beforeAll(async () => {
  const settings = exampleStage();
  example = { settings, templates: [...(await synthesizeShared(settings)).values()] };
});

it('has a section for every alarm, and no others', () => {
  const explained = ALARM_SECTIONS.flatMap(({ title }) => codeIn(title));
  expect(explained.length).toBeGreaterThan(20);
  expect(new Set(explained).size).toBe(explained.length);
  const alarms = new Set(alarmsOf(example));
  expect([...alarms].sort()).toEqual([...explained].sort());
});

it('says what to do in the section of each alarm', () => {
  for (const { title, text } of ALARM_SECTIONS) expect(text.trim().length, title).toBeGreaterThan(120);
});

it('explains every status reason, and no others', () => {
  const rows = [...PAGE.matchAll(/^\| `([a-z_]+)` \| (.+) \|$/gm)];
  const table = SECTIONS.find(({ title }) => title === 'A workbench does not start, or has stopped');
  const codes = rows
    .map(([row, code = '']) => ({ row, code }))
    .filter(({ row }) => table?.text.includes(row));
  const reasons = table?.text.split('`status_reason.code`')[1] ?? '';
  const explained = codes.filter(({ row }) => reasons.includes(row)).map(({ code }) => code);
  expect(explained.sort()).toEqual([...REASON_CODES].sort());
});

describe('names on the page', () => {
  const code = codeIn(PAGE);

  const links = new Set([...PAGE.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link));

  it.each([...links])('include the valid link %s', (link) => {
    const [path = '', anchor] = link.split('#');
    const file = resolve(ROOT, 'docs', path);
    if (path !== '') expect(existsSync(file), link).toBe(true);
    if (anchor === undefined) return;
    const target = path === '' ? PAGE : readFileSync(file, 'utf8');
    expect(sectionsOf(target).map(({ title }) => anchorOf(title))).toContain(anchor);
  });

  it('include only commands of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...PAGE.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => name !== undefined && !(name in scripts))).toEqual([]);
  });

  it('include only existing settings of the functions and of the gate', () => {
    const settings = { ...SETTINGS, ...DEPLOYMENT_SETTINGS, ...DEPLOYED_GATE_SETTINGS };
    const named = [...new Set(PAGE.match(/\bWB_[A-Z_]+\b/g))];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in settings))).toEqual([]);
  });

  it('include only existing settings of a stage', () => {
    const { properties = {} } = stageJsonSchema() as { properties?: Readonly<Record<string, unknown>> };
    const named = code.filter((text) => /^[a-z][A-Za-z]*(\.[A-Za-z_]+)+$/.test(text));
    const stageSettings = named.filter((text) => (text.split('.')[0] ?? '') in properties);
    expect(stageSettings.length).toBeGreaterThan(8);
    expect(stageSettings.filter((path) => !hasProperty(properties, path.split('.')))).toEqual([]);
  });

  it('include existing outputs of the stacks', () => {
    const outputs = outputsOf(example);
    const named = [
      'ApiUrl',
      'AuthSecret',
      'AwsvpcTrunking',
      'BackupVault',
      'GatewaySecurityGroup',
      'ImageRepository',
      'TableName',
    ];
    for (const name of named) {
      expect(PAGE).toContain(name);
      expect(outputs).toContain(name);
    }
  });

  it('include only existing log groups of the stacks', () => {
    const named = code.filter((text) => text.startsWith('/') && text.includes('<installation>'));
    expect(named.length).toBeGreaterThan(3);
    expect(missingLogGroups(named, example)).toEqual([]);
  });

  it('include only existing log messages', () => {
    const sources = ['core', 'functions', 'adapters', 'gate']
      .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n');
    const alarms = new Set(alarmsOf(example));
    const lines = code.filter(
      (text) => /^(?!npm |npx |aws )[a-z]+( [a-z]+)+$/.test(text) && !alarms.has(text),
    );
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.filter((line) => !sources.includes(`'${line}'`))).toEqual([]);
  });
});

/** Returns whether a JSON schema has a property with this path, in any of its alternatives. */
function hasProperty(
  properties: Readonly<Record<string, unknown>>,
  [first = '', ...rest]: readonly string[],
): boolean {
  const schema = properties[first];
  if (schema === undefined) return false;
  if (rest.length === 0) return true;
  return objectsIn(schema).some((inner) => hasProperty(inner, rest));
}

function objectsIn(schema: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { properties, anyOf = [] } = schema as {
    properties?: Readonly<Record<string, unknown>>;
    anyOf?: readonly unknown[];
  };
  return [...(properties === undefined ? [] : [properties]), ...anyOf.flatMap(objectsIn)];
}
