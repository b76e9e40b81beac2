import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Tombstones } from '#adapters/local/directories/tombstones.ts';
import { replaceFile } from '#adapters/local/state-files.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { temporaryFolder } from '../sqlite/open-stores.ts';

const DAY = 86_400_000;

describe('a tombstone without space for a new file', () => {
  let folder: string;
  let clock: ManualClock;
  let tombstones: Tombstones;
  /** The code of the error of new files; undefined while there is space. */
  let failure: string | undefined;
  beforeEach(async () => {
    folder = join(await temporaryFolder(), '.tombstones');
    clock = new ManualClock();
    failure = undefined;
    const write: typeof replaceFile = async (...file) => {
      if (failure !== undefined) throw Object.assign(new Error(failure), { code: failure });
      await replaceFile(...file);
    };
    tombstones = new Tombstones(folder, () => clock.now(), write);
  });

  const countSpares = async () => (await readdir(folder)).filter((name) => name.startsWith('.spare-')).length;

  it('is one of the spare files, with the present time', async () => {
    await tombstones.createSpares();
    const spares = await countSpares();
    failure = 'ENOSPC';
    clock.advance(DAY);
    await tombstones.write('wb1');
    expect(await tombstones.has('wb1')).toBe(true);
    expect(await readFile(join(folder, 'wb1'), 'utf8')).toBe(`${clock.now()}\n`);
    expect(await countSpares()).toBe(spares - 1);
    await tombstones.write('wb1');
    expect(await countSpares()).toBe(spares - 1);
  });

  it('fails once all spare files are used, which are created again when there is space', async () => {
    await tombstones.createSpares();
    const spares = await countSpares();
    failure = 'EDQUOT';
    const ids = Array.from({ length: spares }, (_, n) => `wb${n}`);
    await Promise.all(ids.map((id) => tombstones.write(id)));
    await expect(tombstones.write('last')).rejects.toMatchObject({ code: 'EDQUOT' });
    await tombstones.replaceSpares();
    expect(await countSpares()).toBe(0);
    failure = undefined;
    await tombstones.replaceSpares();
    expect(await countSpares()).toBe(spares);
    for (const id of ids) expect(await tombstones.has(id)).toBe(true);
  });

  it('fails if the file cannot be written for another reason', async () => {
    await tombstones.createSpares();
    failure = 'EACCES';
    await expect(tombstones.write('wb1')).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('leaves the spare files when old tombstones are removed', async () => {
    await tombstones.createSpares();
    const spares = await countSpares();
    clock.advance(500 * DAY);
    await tombstones.write('wb1');
    expect(await countSpares()).toBe(spares);
    await rm(join(folder, '.spare-1'));
    await tombstones.replaceSpares();
    expect(await countSpares()).toBe(spares - 1);
  });
});
