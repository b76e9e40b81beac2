import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BtrfsLimits, parseQuotaGroup } from '#adapters/local/directories/btrfs-limits.ts';
import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import { PrjquotaLimits, prjquotaIdOf } from '#adapters/local/directories/prjquota-limits.ts';
import { programRunner, VolumeLimitFailed } from '#adapters/local/directories/volume-limits.ts';
import { temporaryFolder } from '../sqlite/open-stores.ts';

const MIB = 2 ** 20;

/** Notes the commands. `lsattr` prints the project of the last `chattr`. */
function recordCommands() {
  const commands: string[] = [];
  let project = '0';
  const run = async (file: string, args: readonly string[]) => {
    commands.push([file, ...args].join(' '));
    if (file === 'chattr') project = args[1] ?? '';
    return file === 'lsattr' ? `${project.padStart(5)} --------------e----P-- ${args[2]}\n` : '';
  };
  return { commands, run };
}

describe('project quotas', () => {
  async function open() {
    const folder = join(await temporaryFolder(), 'one');
    const { commands, run } = recordCommands();
    return { folder, commands, limits: new PrjquotaLimits({ maxBytes: 5 * MIB, mountPoint: '/data', run }) };
  }

  it('make an empty folder a project, and set its limit at each start', async () => {
    const { folder, commands, limits } = await open();
    const project = prjquotaIdOf(folder);
    expect(await limits.create(folder)).toBe(true);
    expect(await limits.create(folder)).toBe(false);
    await limits.apply(folder);
    await writeFile(join(folder, 'file'), '');
    await limits.apply(folder);
    await limits.lift(folder);
    expect(commands).toEqual([
      `lsattr -p -d ${folder}`,
      `chattr -p ${project} +P ${folder}`,
      `setquota -P ${project} 0 5120 0 0 /data`,
      `lsattr -p -d ${folder}`,
      `setquota -P ${project} 0 5120 0 0 /data`,
      `setquota -P ${project} 0 0 0 0 /data`,
    ]);
    expect(await limits.readUse(folder)).toMatchObject({ maxBytes: expect.any(Number) });
  });

  it('leave a folder alone that has files without a project', async () => {
    const { folder, commands, limits } = await open();
    await limits.create(folder);
    await writeFile(join(folder, 'file'), '');
    await limits.apply(folder);
    expect(commands).toEqual([`lsattr -p -d ${folder}`]);
    expect(await limits.readUse(folder)).toBeUndefined();
  });
});

describe('quota groups of btrfs', () => {
  it('limit subvolumes only', async () => {
    const folder = join(await temporaryFolder(), 'one');
    const commands: string[] = [];
    const run = async (file: string, args: readonly string[]) => {
      commands.push([file, ...args].join(' '));
      await mkdir(folder);
      return '';
    };
    const limits = new BtrfsLimits({ maxBytes: 5 * MIB, run });
    expect(await limits.create(folder)).toBe(true);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await limits.create(folder)).toBe(false);
    await limits.apply(folder);
    expect(commands).toEqual([`btrfs subvolume create ${folder}`]);
    expect(await limits.readUse(folder)).toBeUndefined();
  });

  it('read the use and the limit of a subvolume', () => {
    const table = (max: string) =>
      `Qgroupid    Referenced    Exclusive  Max referenced  Max exclusive   Path \n--------    ----------    ---------  --------------  -------------   ---- \n0/256          8372224      8372224         ${max}           none   x\n`;
    expect(parseQuotaGroup(table('8388608'))).toEqual({ usedBytes: 8_372_224, maxBytes: 8_388_608 });
    expect(parseQuotaGroup(table('none'))).toBeUndefined();
    expect(() => parseQuotaGroup('nothing')).toThrow(VolumeLimitFailed);
  });
});

it('a program that fails is an error with what it printed', async () => {
  const run = programRunner('/usr/bin:/bin');
  expect(await run('echo', ['text'])).toBe('text\n');
  await expect(run('sh', ['-c', 'echo no quota >&2; exit 1'])).rejects.toThrow('sh: no quota');
  await expect(run('no-such-program', [])).rejects.toBeInstanceOf(VolumeLimitFailed);
});

describe('volumes with limits', () => {
  const failing = {
    create: async () => {
      throw new VolumeLimitFailed('btrfs: no');
    },
    apply: async () => {},
    lift: async () => {
      throw new VolumeLimitFailed('setquota: no');
    },
    readUse: async () => {
      throw new VolumeLimitFailed('btrfs: no');
    },
  };

  it('refuse a folder that cannot be limited', async () => {
    const volumes = new DirectoryVolumes({
      dataDir: await temporaryFolder(),
      clock: { now: () => 0 },
      limits: failing,
    });
    expect(await volumes.ensure('one')).toMatchObject({
      kind: 'refused',
      code: 'storage_failed',
      retryable: true,
    });
    expect(await volumes.readUse('one')).toBeUndefined();
  });

  it('are deleted even if their limit cannot be removed', async () => {
    const dataDir = await temporaryFolder();
    await new DirectoryVolumes({ dataDir, clock: { now: () => 0 } }).ensure('one');
    const volumes = new DirectoryVolumes({ dataDir, clock: { now: () => 0 }, limits: failing });
    expect(await volumes.deleteSlice('one')).toMatchObject({ done: true });
  });
});
