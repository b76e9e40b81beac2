import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RecordFolder, toStorageError } from '#adapters/local/state-files.ts';
import { PortError } from '#core/ports/port-error.ts';
import { temporaryFolder } from './sqlite/open-stores.ts';

interface Note {
  readonly id: string;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('RecordFolder', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])(
    'has no space for a record when the system fails with %s',
    (code) => {
      const cause = failure(code);
      const error = toStorageError(cause);
      expect(error).toBeInstanceOf(PortError);
      expect(error).toMatchObject({ kind: 'no_space', message: expect.stringContaining(code), cause });
    },
  );

  it.each(['EACCES', 'ENOENT', 'EISDIR'])('throws the error %s as it is', (code) => {
    const cause = failure(code);
    expect(toStorageError(cause)).toBe(cause);
  });

  it('leaves no draft of a record that cannot be stored', async () => {
    const path = await temporaryFolder();
    const folder = new RecordFolder<Note>({ path, parse: (value) => value as Note, idOf: ({ id }) => id });
    // A folder cannot be replaced by a file.
    await mkdir(join(path, 'a.json'));
    await writeFile(join(path, 'a.json', 'file'), 'content');
    await expect(folder.save({ id: 'a' })).rejects.toThrow();
    expect(await readdir(path)).toEqual(['a.json']);
    await folder.save({ id: 'b' });
    expect(await readFile(join(path, 'b.json'), 'utf8')).toBe('{"id":"b"}');
  });
});
