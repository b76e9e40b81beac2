import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AgentOptions, instanceUserData, isPinnedImage } from '#contract/instance-user-data.ts';

const HOST: AgentOptions = { cluster: 'staging', attributes: { workbench: 'wb1' }, pinnedImage: true };

/** Executes user data on an instance with this memory. Returns the files that it writes. */
async function bootInstance(userData: string, memTotalKib: number) {
  const root = await mkdtemp(join(tmpdir(), 'instance-'));
  for (const folder of ['etc/ecs', 'etc/sysctl.d', 'proc', 'bin'])
    await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'etc/ecs/ecs.config'), 'ECS_OF_THE_AMI=1\n');
  await writeFile(join(root, 'proc/meminfo'), `MemTotal: ${memTotalKib} kB\nMemFree: 1 kB\n`);
  await writeFile(join(root, 'bin/sysctl'), `#!/bin/sh\necho "$@" > '${root}/sysctl-arguments'\n`);
  await chmod(join(root, 'bin/sysctl'), 0o755);
  const script = join(root, 'user-data');
  await writeFile(script, userData.replaceAll(/\/(etc|proc)\//g, `${root}/$1/`));
  const options = { env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env.PATH}` } };
  await promisify(execFile)('bash', ['-eu', script], options);
  const read = (path: string) => readFile(join(root, path), 'utf8');
  return {
    config: (await read('etc/ecs/ecs.config')).split('\n'),
    kernel: await read('etc/sysctl.d/90-workbench.conf'),
    sysctlArguments: await read('sysctl-arguments'),
  };
}

describe('user data', () => {
  it('adds the settings of the agent to those of the AMI', async () => {
    const { config } = await bootInstance(instanceUserData(HOST), 16_000_000);
    expect(config).toEqual([
      'ECS_OF_THE_AMI=1',
      'ECS_CLUSTER=staging',
      'ECS_INSTANCE_ATTRIBUTES={"workbench":"wb1"}',
      'ECS_AWSVPC_BLOCK_IMDS=true',
      'ECS_DISABLE_PRIVILEGED=true',
      'ECS_APPARMOR_CAPABLE=true',
      'ECS_TASK_PIDS_LIMIT=4096',
      'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=10m',
      'ECS_CONTAINER_START_TIMEOUT=10m',
      'ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT=true',
      'ECS_IMAGE_PULL_BEHAVIOR=once',
      // 3 % of 15,625 MiB.
      'ECS_RESERVED_MEMORY=468',
      '',
    ]);
  });

  it('reserves at least 256 MiB', async () => {
    const { config } = await bootInstance(instanceUserData(HOST), 3_900_000);
    expect(config).toContain('ECS_RESERVED_MEMORY=256');
  });

  it('raises the limits of inotify, now and after a reboot', async () => {
    const { kernel, sysctlArguments } = await bootInstance(instanceUserData(HOST), 16_000_000);
    expect(kernel).toBe('fs.inotify.max_user_instances = 8192\nfs.inotify.max_user_watches = 1048576\n');
    expect(sysctlArguments).toBe('--system\n');
  });

  it('pulls an image that can change for each task', () => {
    expect(instanceUserData({ ...HOST, pinnedImage: false })).toContain(
      '\nECS_IMAGE_PULL_BEHAVIOR=default\n',
    );
  });

  it('of a spot instance also drains it before AWS reclaims it', () => {
    const lines = (options: AgentOptions) => instanceUserData(options).split('\n');
    const added = lines({ ...HOST, spot: true }).filter((line) => !lines(HOST).includes(line));
    expect(added).toEqual(['ECS_ENABLE_SPOT_INSTANCE_DRAINING=true']);
  });
});

describe('isPinnedImage', () => {
  it.each([
    ['registry:5000/workbench:1.0.0', true],
    ['registry/workbench@sha256:0123', true],
    ['registry/workbench:latest', false],
    ['registry:5000/workbench', false],
  ])('of %s is %s', (image, pinned) => {
    expect(isPinnedImage(image)).toBe(pinned);
  });
});
