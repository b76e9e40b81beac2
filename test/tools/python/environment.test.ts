import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renamePython } from '#tools/python/environment.ts';

test('the commands of an environment name the Python of its final folder', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'wb-environment-'));
  onTestFinished(() => rm(temporary, { recursive: true }));
  const bin = join(temporary, 'bin');
  await mkdir(bin);
  const contents = {
    command: `#!${temporary}/bin/python\nprint("${temporary}/")\n`,
    script: '#!/bin/sh\nexit 0\n',
    binary: '\u007fELF',
  };
  for (const [name, content] of Object.entries(contents)) await writeFile(join(bin, name), content);
  await chmod(join(bin, 'command'), 0o755);
  await symlink(join(bin, 'command'), join(bin, 'link'));

  await renamePython(temporary, '/final folder');
  const read = (name: string) => readFile(join(bin, name), 'utf8');
  expect(await read('command')).toBe(`#!/final folder/bin/python\nprint("${temporary}/")\n`);
  expect([await read('script'), await read('binary')]).toEqual([contents.script, contents.binary]);
  expect((await stat(join(bin, 'command'))).mode & 0o777).toBe(0o755);
});
