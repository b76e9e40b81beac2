import { execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

async function countFiles(path: string | undefined): Promise<number | undefined> {
  const files = await readdir(path ?? '', { recursive: true }).catch(() => undefined);
  return files?.length;
}

describeVolumeStoreContract('DirectoryVolumes', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wb-volumes-'));
  const open = () => new DirectoryVolumes({ dataDir, clock: { now: () => Date.now() } });
  return {
    volumes: open(),
    fill: async ({ path = '' }, files) => {
      await Promise.all(Array.from({ length: files }, (_, n) => writeFile(join(path, `f${n}`), 'x')));
    },
    count: ({ path }) => countFiles(path),
    reopen: async () => open(),
    end: () => rm(dataDir, { recursive: true, force: true }),
  };
});

describe('DirectoryVolumes', () => {
  let dataDir: string;
  let clock: ManualClock;
  let volumes: DirectoryVolumes;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'wb-volumes-'));
    clock = new ManualClock();
    volumes = new DirectoryVolumes({ dataDir, clock });
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  async function ensured(id: string): Promise<string> {
    const outcome = await volumes.ensure(id);
    if (outcome.kind !== 'ready') throw new Error(JSON.stringify(outcome));
    return outcome.mount.path ?? '';
  }
  async function deleteAll(id: string): Promise<number> {
    for (let calls = 1; calls < 1000; calls += 1) {
      if ((await volumes.deleteSlice(id)).done) return calls;
    }
    throw new Error('the deletion does not end');
  }
  async function exists(path: string): Promise<boolean> {
    return lstat(path).then(
      () => true,
      () => false,
    );
  }

  it('creates a folder with mode 0700', async () => {
    const path = await ensured('wb1');
    expect(path).toBe(join(dataDir, 'volumes', 'wb1'));
    expect((await lstat(path)).mode & 0o777).toBe(0o700);
  });

  it.each(['', '.', '..', '../wb1', 'wb1/..', '/etc', 'WB1', '.tombstones', 'a\0b', '-a', 'a'.repeat(64)])(
    'rejects an id that is not a folder name: %j',
    async (id) => {
      await expect(volumes.ensure(id)).rejects.toThrow(RangeError);
      await expect(volumes.deleteSlice(id)).rejects.toThrow(RangeError);
      expect(await readdir(dataDir)).toEqual([]);
    },
  );

  it('refuses a volume whose path is a symbolic link', async () => {
    await mkdir(join(dataDir, 'volumes'));
    await symlink('/tmp', join(dataDir, 'volumes', 'wb1'));
    expect(await volumes.ensure('wb1')).toMatchObject({ kind: 'refused', code: 'storage_failed' });
  });

  it('refuses with retryable when the folder cannot be created', async () => {
    await writeFile(join(dataDir, 'volumes'), 'a file');
    expect(await volumes.ensure('wb1')).toMatchObject({ kind: 'refused', retryable: true });
  });

  it('deletes symbolic links but not their targets', async () => {
    const path = await ensured('wb1');
    const outside = join(dataDir, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'kept');
    await symlink(outside, join(path, 'folder'));
    await symlink(join(outside, 'file'), join(path, 'file'));
    await symlink('missing', join(path, 'dangling'));
    await deleteAll('wb1');
    expect(await exists(path)).toBe(false);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('kept');
  });

  it('deletes a volume that was replaced by a symbolic link, but not the target', async () => {
    const path = await ensured('wb1');
    await rm(path, { recursive: true });
    const outside = join(dataDir, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'kept');
    await symlink(outside, path);
    await deleteAll('wb1');
    expect(await exists(path)).toBe(false);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('kept');
  });

  it('deletes folders that are nested beyond the longest path', async () => {
    const path = await ensured('wb1');
    // 3,000 folders with names of 20 bytes: 63,000 bytes of path.
    const nest = `for (let n = 0; n < 3000; n += 1) { require('fs').mkdirSync('d'.repeat(20)); process.chdir('d'.repeat(20)); }`;
    execFileSync(process.execPath, ['-e', `${nest} require('fs').writeFileSync('file', '')`], { cwd: path });
    await deleteAll('wb1');
    expect(await exists(path)).toBe(false);
  });

  it('deletes names that are not UTF-8', async () => {
    const path = await ensured('wb1');
    await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'x');
    await mkdir(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xc3, 0x28])]));
    await deleteAll('wb1');
    expect(await exists(path)).toBe(false);
  });

  it('ends a call after its time limit with at least one deletion', async () => {
    let now = 0;
    const elapsed = () => {
      now += 50;
      return now;
    };
    volumes = new DirectoryVolumes({ dataDir, clock, elapsed });
    const path = await ensured('wb1');
    await Promise.all(Array.from({ length: 20 }, (_, n) => writeFile(join(path, `f${n}`), '')));
    const { done, deleted } = await volumes.deleteSlice('wb1');
    expect(done).toBe(false);
    expect(deleted).toBeGreaterThan(0);
    expect(deleted).toBeLessThan(6);
    expect(await deleteAll('wb1')).toBeGreaterThan(1);
  });

  it('deletes the other folders of the workbench, and those of no other', async () => {
    for (const id of ['wb1', 'wb2']) {
      await ensured(id);
      for (const folder of ['logs', 'private']) {
        await mkdir(join(dataDir, folder, id, 'deeper'), { recursive: true });
        await writeFile(join(dataDir, folder, id, 'deeper', 'file'), '');
      }
    }
    await deleteAll('wb1');
    for (const folder of ['logs', 'private', 'volumes']) {
      expect((await readdir(join(dataDir, folder))).filter((name) => name !== '.tombstones')).toEqual([
        'wb2',
      ]);
    }
    expect(await countFiles(join(dataDir, 'logs', 'wb2'))).toBe(2);
  });

  it('removes a tombstone after 400 days, and not before', async () => {
    await deleteAll('wb1');
    clock.advance(399 * 86_400_000);
    await deleteAll('wb2');
    expect((await readdir(join(dataDir, 'volumes', '.tombstones'))).sort()).toEqual(['wb1', 'wb2']);
    clock.advance(2 * 86_400_000);
    await deleteAll('wb3');
    expect((await readdir(join(dataDir, 'volumes', '.tombstones'))).sort()).toEqual(['wb2', 'wb3']);
  });

  it('keeps a quarantined volume unchanged when another one is quarantined under its id', async () => {
    const path = await ensured('wb1');
    await writeFile(join(path, 'file'), 'kept');
    await volumes.quarantine('wb1');
    await mkdir(path);
    await writeFile(join(path, 'file'), 'another');
    await expect(volumes.quarantine('wb1')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await readFile(join(dataDir, 'volumes', '.quarantine', 'wb1', 'file'), 'utf8')).toBe('kept');
  });

  it('lists volumes with their creation time, and no other entries', async () => {
    const path = await ensured('wb1');
    await writeFile(join(dataDir, 'volumes', 'file'), '');
    await mkdir(join(dataDir, 'volumes', 'Not An Id'));
    await utimes(path, 1, 1);
    const { volumes: listed } = await volumes.list();
    expect(listed).toEqual([{ workbenchId: 'wb1', createdAt: expect.any(Number) }]);
    expect(await new DirectoryVolumes({ dataDir: join(dataDir, 'missing'), clock }).list()).toEqual({
      volumes: [],
    });
  });
});

/** Runs as a normal user, because permissions do not restrict root. */
describe('DirectoryVolumes as a normal user', () => {
  const script = new URL('delete-as-user.ts', import.meta.url).pathname;

  it.each(['folder without any', 'folder without write', 'deep folder without any'])(
    'deletes a %s permission',
    async (kind) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'wb-volumes-'));
      await chmod(dataDir, 0o777);
      const uid = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      const child = spawn(process.execPath, [script, dataDir, kind], {
        ...uid,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
      await new Promise((resolve) => child.once('close', resolve));
      await rm(dataDir, { recursive: true, force: true });
      expect(output).toBe('deleted');
    },
  );
});
