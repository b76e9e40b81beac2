import { appendFile, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import { writeDocs } from '#tools/docs/generate-docs.ts';

it('writes the generated docs and returns the stale ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'write-docs-'));
  expect(await writeDocs(folder)).toContain('api.yaml');
  expect(await writeDocs(folder, { check: true })).toEqual([]);
  await appendFile(join(folder, 'settings.md'), 'one more line\n');
  expect(await writeDocs(folder, { check: true })).toEqual(['settings.md']);
  expect(await readFile(join(folder, 'settings.md'), 'utf8')).toMatch(/one more line\n$/);

  expect(parse(await readFile(join(folder, 'api.yaml'), 'utf8'))).toMatchObject({ openapi: '3.1.0' });
  const page = await readFile(join(folder, 'settings.md'), 'utf8');
  for (const name of Object.keys(SETTINGS)) expect(page).toContain(`| \`${name}\``);
  expect(await readFile(join(folder, 'costs.md'), 'utf8')).toContain('### A million polls');
  expect(await writeDocs(folder)).toEqual(['settings.md']);
  expect(await writeDocs(folder, { check: true })).toEqual([]);
});
