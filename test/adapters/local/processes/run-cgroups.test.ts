import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  listMembers,
  listRunCgroups,
  parseOwnCgroup,
  removeRunCgroup,
} from '#adapters/local/processes/run-cgroups.ts';

describe('the own cgroup', () => {
  const V2 = '31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
  const HYBRID = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';
  const V1 = '33 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory';

  it.each([
    ['0::/user.slice/app.scope\n', V2, '/sys/fs/cgroup/user.slice/app.scope'],
    ['0::/\n', V2, '/sys/fs/cgroup'],
    ['4:memory:/a\n0::/b\n', `${V1}\n${HYBRID}\n`, '/sys/fs/cgroup/unified/b'],
    ['0::/with space\n', '31 23 0:27 / /mnt/c\\040g rw - cgroup2 none rw', '/mnt/c g/with space'],
    // A part of the hierarchy is mounted.
    ['0::/docker/1/a\n', '31 23 0:27 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw', '/sys/fs/cgroup/a'],
  ])('of %j is found in the mounted hierarchy', (cgroups, mounts, expected) => {
    expect(parseOwnCgroup(cgroups, mounts)).toBe(expected);
  });

  it.each([
    ['4:memory:/a\n', `${V1}\n${V2}`],
    ['4:memory:/a\n0::/b\n', V1],
    ['0::/../other\n', V2],
    ['0::/docker/2\n', '31 23 0:27 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw'],
    ['', ''],
  ])('of %j is not found without version 2, or outside of what is mounted', (cgroups, mounts) => {
    expect(parseOwnCgroup(cgroups, mounts)).toBeUndefined();
  });
});

/** Plain folders have the names and the content that the kernel shows of cgroups. */
describe('the cgroups of runs', () => {
  let own: string;
  beforeEach(async () => {
    own = await mkdtemp(join(tmpdir(), 'cgroups-'));
  });
  afterEach(() => rm(own, { recursive: true }));

  it('of this installation are listed, and no others', async () => {
    for (const name of ['workbench-one-run1', 'workbench-one-run2', 'workbench-other-run1', 'app.scope'])
      await mkdir(join(own, name));
    expect((await listRunCgroups(own, 'one')).toSorted()).toEqual([
      join(own, 'workbench-one-run1'),
      join(own, 'workbench-one-run2'),
    ]);
    expect(await listRunCgroups(join(own, 'missing'), 'one')).toEqual([]);
  });

  it('have the members of the cgroups that a program created below', async () => {
    const path = join(own, 'workbench-one-run1');
    await mkdir(join(path, 'below', 'further'), { recursive: true });
    await writeFile(join(path, 'cgroup.procs'), '11\n12\n');
    await writeFile(join(path, 'below', 'further', 'cgroup.procs'), '13\n');
    expect(await listMembers(path)).toEqual([11, 12, 13]);
    expect(await listMembers(join(own, 'workbench-one-run2'))).toEqual([]);
  });

  it('are removed with those below, and nothing else is', async () => {
    const path = join(own, 'workbench-one-run1');
    await mkdir(join(path, 'below'), { recursive: true });
    await mkdir(join(own, 'app.scope'));
    await writeFile(join(own, 'cgroup.procs'), '14\n');
    await removeRunCgroup(path);
    await removeRunCgroup(join(own, 'app.scope'));
    await removeRunCgroup(path);
    expect((await readdir(own)).toSorted()).toEqual(['app.scope', 'cgroup.procs']);
    expect(await listMembers(own)).toEqual([]);
  });
});
