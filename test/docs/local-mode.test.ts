import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { GATE_SETTINGS } from '#contract/settings/gate-settings.ts';
import { LOCAL_SETTINGS } from '#local/local-settings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/local-mode.md'), 'utf8');

it('names existing commands and settings', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const commands = [...PAGE.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name ?? '');
  expect(commands).toEqual(expect.arrayContaining(['local:backup', 'local:restore', 'local:import']));
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const settings = PAGE.match(/\bWB_[A-Z_]+\b/g) ?? [];
  expect(settings.length).toBeGreaterThan(2);
  const known = { ...SETTINGS, ...LOCAL_SETTINGS, ...GATE_SETTINGS };
  expect(settings.filter((name) => !(name in known))).toEqual([]);
});

it('names messages that the server prints', () => {
  const sources = globSync('{local,adapters/local}/**/*.ts', { cwd: ROOT })
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n');
  const inCode = [...PAGE.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
  const messages = inCode.filter(
    (text) => /^(Another|[a-z]+) [a-z]+ [a-z, …]+$/.test(text) && !/^npm /.test(text),
  );
  expect(messages.length).toBeGreaterThan(5);
  const parts = messages.flatMap((text) => text.split(' … '));
  expect(parts.filter((part) => !sources.includes(part))).toEqual([]);
});
