import { execFileSync } from 'node:child_process';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FILE_MAX_BYTES,
  FolderFiles,
  type ProblemCode,
} from '#adapters/local/processes/page/folder-files.ts';

describe('FolderFiles', () => {
  let parent: string;
  let root: string;
  let files: FolderFiles;
  beforeEach(async () => {
    parent = await realpath(await mkdtemp(join(tmpdir(), 'wb-page-')));
    root = join(parent, 'root');
    await mkdir(root);
    await writeFile(join(parent, 'secret.txt'), 'secret');
    files = new FolderFiles(root);
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  function problem(code: ProblemCode) {
    return expect.objectContaining({ name: 'FileProblem', code });
  }
  async function saved(path: string, text: string): Promise<string> {
    return files.save(path, Buffer.from(text), 'absent');
  }
  async function textOf(path: string): Promise<string> {
    return readFile(join(root, path), 'utf8');
  }

  it('lists folders first, then files with their size, and all others as other', async () => {
    await writeFile(join(root, 'b.txt'), '12345');
    await writeFile(join(root, 'A.txt'), '');
    await mkdir(join(root, 'z'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await symlink(join(parent, 'secret.txt'), join(root, 'out'));
    await symlink('z', join(root, 'in'));
    await symlink('missing', join(root, 'dangling'));
    expect(await files.list('')).toEqual({
      truncated: false,
      entries: [
        { name: 'in', kind: 'folder' },
        { name: 'z', kind: 'folder' },
        { name: 'A.txt', kind: 'file', size: 0 },
        { name: 'b.txt', kind: 'file', size: 5 },
        { name: 'dangling', kind: 'other' },
        { name: 'out', kind: 'other' },
        { name: 'pipe', kind: 'other' },
      ],
    });
  });

  it('lists 2,000 entries of a folder and reports that there are more', async () => {
    await Promise.all(Array.from({ length: 2000 }, (_, n) => writeFile(join(root, `f${n}`), '')));
    expect(await files.list('')).toMatchObject({ truncated: false });
    await writeFile(join(root, 'one more'), '');
    const listing = await files.list('');
    expect(listing.truncated).toBe(true);
    expect(listing.entries).toHaveLength(2000);
  });

  it('reads saved files with a tag that changes only with the content', async () => {
    await files.makeFolder('a');
    await files.makeFolder('a/b');
    const tag = await saved('a/b/file.txt', 'grüße\r\n');
    const read = await files.read('a/b/file.txt');
    expect(read).toEqual({ content: Buffer.from('grüße\r\n'), tag });
    expect(await files.save('a/b/file.txt', Buffer.from('grüße\r\n'), { tag })).toBe(tag);
    expect(await files.save('a/b/file.txt', Buffer.from('other'), { tag })).not.toBe(tag);
  });

  it.each([
    '..',
    '../secret.txt',
    'a/../../secret.txt',
    'a/..',
    './a',
    'a//b',
    '/etc/passwd',
    '/',
    'a/',
    'a\0b',
    'x'.repeat(1025),
  ])('rejects the path %j', async (path) => {
    await mkdir(join(root, 'a'));
    const tag = 'a'.repeat(27);
    await expect(files.list(path)).rejects.toEqual(problem('invalid_path'));
    await expect(files.read(path)).rejects.toEqual(problem('invalid_path'));
    await expect(files.makeFolder(path)).rejects.toEqual(problem('invalid_path'));
    await expect(files.save(path, Buffer.from('x'), 'absent')).rejects.toEqual(problem('invalid_path'));
    await expect(files.save(path, Buffer.from('x'), { tag })).rejects.toEqual(problem('invalid_path'));
    expect(await readFile(join(parent, 'secret.txt'), 'utf8')).toBe('secret');
  });

  it('follows no link out of the folder, at any position of the path, to read or to write', async () => {
    await symlink(parent, join(root, 'out'));
    await symlink(join(parent, 'secret.txt'), join(root, 'file'));
    await symlink(join(parent, 'new.txt'), join(root, 'dangling'));
    const tag = (await new FolderFiles(parent).read('secret.txt')).tag;
    for (const path of ['out/secret.txt', 'out/root/file', 'file']) {
      await expect(files.read(path)).rejects.toEqual(problem('outside'));
      await expect(files.save(path, Buffer.from('x'), { tag })).rejects.toEqual(problem('outside'));
    }
    await expect(files.list('out')).rejects.toEqual(problem('outside'));
    await expect(saved('out/new.txt', 'x')).rejects.toEqual(problem('outside'));
    await expect(saved('dangling', 'x')).rejects.toEqual(problem('exists'));
    await expect(files.makeFolder('out/new')).rejects.toEqual(problem('outside'));
    expect((await readdir(parent)).sort()).toEqual(['root', 'secret.txt']);
    expect(await readFile(join(parent, 'secret.txt'), 'utf8')).toBe('secret');
  });

  it('never leaves the folder for any path', async () => {
    await mkdir(join(root, 'a'));
    await symlink('..', join(root, 'a', 'up'));
    const part = fc.constantFrom('..', '.', '', 'a', 'up', 'secret.txt', '%2e%2e', '\\..', '..\\', 'root');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const read = await files.read(parts.join('/')).catch(() => undefined);
        expect(read?.content.toString()).not.toBe('secret');
      }),
    );
  });

  it('saves through a link to a file in the folder and keeps the link', async () => {
    const tag = await saved('target.txt', 'old');
    await symlink('target.txt', join(root, 'link'));
    await files.save('link', Buffer.from('new'), { tag });
    expect(await textOf('target.txt')).toBe('new');
    expect((await lstat(join(root, 'link'))).isSymbolicLink()).toBe(true);
  });

  it('does not overwrite a change by another program', async () => {
    const tag = await saved('file.txt', 'first');
    await writeFile(join(root, 'file.txt'), 'by a terminal');
    await expect(files.save('file.txt', Buffer.from('mine'), { tag })).rejects.toEqual(problem('changed'));
    await writeFile(join(root, 'file.txt'), Buffer.alloc(FILE_MAX_BYTES + 1, 'x'));
    await expect(files.save('file.txt', Buffer.from('mine'), { tag })).rejects.toEqual(problem('changed'));
    await rm(join(root, 'file.txt'));
    await expect(files.save('file.txt', Buffer.from('mine'), { tag })).rejects.toEqual(problem('deleted'));
    expect(await readdir(root)).toEqual([]);
  });

  it('accepts one of several concurrent saves with the same tag', async () => {
    const tag = await saved('file.txt', 'first');
    const texts = Array.from({ length: 10 }, (_, n) => `mine ${n}`);
    const saves = await Promise.allSettled(
      texts.map((text) => files.save('file.txt', Buffer.from(text), { tag })),
    );
    expect(saves.filter((save) => save.status === 'fulfilled')).toHaveLength(1);
    for (const save of saves) {
      if (save.status === 'rejected') expect(save.reason).toEqual(problem('changed'));
    }
    expect(texts).toContain(await textOf('file.txt'));
  });

  it('creates no file or folder under an existing name', async () => {
    await saved('file.txt', 'first');
    await expect(saved('file.txt', 'second')).rejects.toEqual(problem('exists'));
    await expect(files.makeFolder('file.txt')).rejects.toEqual(problem('exists'));
    expect(await textOf('file.txt')).toBe('first');
    const creations = await Promise.allSettled([1, 2, 3].map((n) => saved('new.txt', `${n}`)));
    expect(creations.filter((creation) => creation.status === 'fulfilled')).toHaveLength(1);
  });

  it('keeps the permissions of a file, and the content of its hard links', async () => {
    const tag = await saved('script.sh', 'old');
    execFileSync('chmod', ['755', join(root, 'script.sh')]);
    await link(join(root, 'script.sh'), join(root, 'backup'));
    await files.save('script.sh', Buffer.from('new'), { tag });
    expect((await lstat(join(root, 'script.sh'))).mode & 0o777).toBe(0o755);
    expect(await textOf('backup')).toBe('old');
    expect((await readdir(root)).sort()).toEqual(['backup', 'script.sh']);
  });

  it('opens text files up to 1 MiB, and refuses larger and binary files', async () => {
    const largest = Buffer.alloc(FILE_MAX_BYTES, 'x');
    await writeFile(join(root, 'largest'), largest);
    await writeFile(join(root, 'larger'), Buffer.concat([largest, Buffer.from('x')]));
    await writeFile(join(root, 'zero'), 'a\0b');
    await writeFile(join(root, 'latin'), Buffer.from([0x66, 0xfc]));
    expect((await files.read('largest')).content).toHaveLength(FILE_MAX_BYTES);
    await expect(files.read('larger')).rejects.toEqual(problem('too_large'));
    await expect(files.read('zero')).rejects.toEqual(problem('binary'));
    await expect(files.read('latin')).rejects.toEqual(problem('binary'));
    await expect(files.save('new', Buffer.alloc(FILE_MAX_BYTES + 1), 'absent')).rejects.toEqual(
      problem('too_large'),
    );
  });

  it('reports entries that cannot be opened, and does not block on a pipe', async () => {
    await mkdir(join(root, 'folder'));
    await saved('file.txt', '');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await expect(files.read('folder')).rejects.toEqual(problem('not_a_file'));
    await expect(files.read('pipe')).rejects.toEqual(problem('not_a_file'));
    await expect(files.read('nothing')).rejects.toEqual(problem('not_found'));
    await expect(files.read('file.txt/more')).rejects.toEqual(problem('not_a_folder'));
    await expect(files.list('file.txt')).rejects.toEqual(problem('not_a_folder'));
    await expect(files.list('nothing')).rejects.toEqual(problem('not_found'));
    await expect(saved('nothing/file.txt', '')).rejects.toEqual(problem('not_found'));
    await expect(saved('', '')).rejects.toEqual(problem('invalid_path'));
    await expect(saved('x'.repeat(300), '')).rejects.toEqual(problem('invalid_path'));
  });
});
