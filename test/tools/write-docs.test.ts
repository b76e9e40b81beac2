import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '#contract/settings/function-settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-docs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeDocs(...args: readonly string[]) {
  const tool = join(import.meta.dirname, '../../tools/write-docs.ts');
  const run = promisify(execFile)(process.execPath, [tool, ...args, folder]);
  return run.then(
    () => ({ code: 0, stderr: '' }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

it('writes the docs, and reports stale ones', { timeout: 120_000 }, async () => {
  expect((await writeDocs()).code).toBe(0);
  expect(await writeDocs('--check')).toEqual({ code: 0, stderr: '' });
  await appendFile(join(folder, 'settings.md'), 'one more line\n');
  const { code, stderr } = await writeDocs('--check');
  expect(code).toBe(1);
  expect(stderr).toContain('settings.md');
  expect(stderr).not.toContain('api.yaml');

  expect(parse(await readFile(join(folder, 'api.yaml'), 'utf8'))).toMatchObject({ openapi: '3.1.0' });
  const page = await readFile(join(folder, 'settings.md'), 'utf8');
  for (const name of Object.keys(SETTINGS)) expect(page).toContain(`| \`${name}\``);
  expect(await readFile(join(folder, 'costs.md'), 'utf8')).toContain('### A million polls');
});
