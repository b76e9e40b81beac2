import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toStartRefusal, writeInitialFiles } from '#adapters/local/processes/launch.ts';
import { temporaryFolder } from '../sqlite/open-stores.ts';

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}

describe('a program that cannot be started', () => {
  it.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EROFS', true],
    ['EMFILE', true],
    ['ENOENT', undefined],
    ['EACCES', undefined],
  ])('for %s lets its start be retried: %s', async (code, retryable) => {
    const folder = await temporaryFolder();
    const expected = { code: 'start_refused', message: `Its process could not be started (${code}).` };
    expect(toStartRefusal(failure(code), folder)).toEqual(
      retryable === undefined ? expected : { ...expected, retryable },
    );
    const wrapped = new Error('no folder', { cause: failure(code) });
    expect(toStartRefusal(wrapped, folder).retryable).toBe(retryable);
  });

  it('lets its start be retried only for want of space if another program reports the error', async () => {
    const error = new Error('mkfifo: cannot create fifo');
    const folder = await temporaryFolder();
    expect(toStartRefusal(error, folder)).toEqual({
      code: 'start_refused',
      message: 'Its process could not be started (mkfifo: cannot create fifo).',
    });
  });

  it.runIf(process.platform === 'linux')('lets its start be retried when its folder has no space', () => {
    // This file system has no free blocks.
    const { message, retryable } = toStartRefusal(new Error('mkfifo: cannot create fifo'), '/proc');
    expect([message, retryable]).toEqual([
      'Its process could not be started (mkfifo: cannot create fifo).',
      true,
    ]);
  });
});

const MODULE = join(import.meta.dirname, '../../../../adapters/local/processes/launch.ts');
/** More than `ulimit -f 1` allows, in blocks of 512 or 1,024 bytes. */
const LONG = 'x'.repeat(4096);

describe('the initial files of a program', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wb-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
  });

  it('are written for this user only, and not written again', async () => {
    const file = join(folder, 'private', 'settings', 'ide.json');
    await writeInitialFiles(join(folder, 'private'), { 'settings/ide.json': 'as given' });
    expect(await readFile(file, 'utf8')).toBe('as given');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, 'as changed');
    await writeInitialFiles(join(folder, 'private'), { 'settings/ide.json': 'as given' });
    expect(await readFile(file, 'utf8')).toBe('as changed');
    expect(await readdir(join(folder, 'private', 'settings'))).toEqual(['ide.json']);
  });

  it('do not replace a link without a target', async () => {
    const file = join(folder, 'ide.json');
    await symlink(join(folder, 'missing'), file);
    await writeInitialFiles(folder, { 'ide.json': 'as given' });
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readdir(folder)).toEqual(['ide.json']);
  });

  it('do not exist after a write that failed midway, so that the next start writes them', async () => {
    const script = `import(process.env.MODULE).then(({ writeInitialFiles }) => writeInitialFiles(process.env.FOLDER, { 'ide.json': '${LONG}' })).catch(({ code }) => console.log(code));`;
    // The system writes the first bytes of the file and refuses the others, as on a full disk.
    const limited = ['-c', 'ulimit -f 1; exec "$0" -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('/bin/sh', limited, {
      env: { MODULE, FOLDER: folder },
    });
    expect(stdout).toBe('EFBIG\n');
    expect(await readdir(folder)).toEqual([]);
    await writeInitialFiles(folder, { 'ide.json': LONG });
    expect(await readFile(join(folder, 'ide.json'), 'utf8')).toBe(LONG);
  });
});
