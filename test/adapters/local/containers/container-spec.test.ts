import { describe, expect, it } from 'vitest';
import {
  belongsToTask,
  type ContainerSettings,
  containerName,
  containerSpec,
} from '#adapters/local/containers/container-spec.ts';
import { BOOT_SCRIPT } from '#adapters/workbench-container.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';

const engine = {
  name: 'Docker 28',
  kind: 'docker',
  rootless: false,
  needsSelinuxLabels: false,
  gpus: true,
  cpus: 4,
  memory: 8 * 1024 ** 3 + 7,
} as const;

const settings: ContainerSettings = {
  installation: 'a'.repeat(32),
  engine,
  user: { user: '1000:1000' },
  port: 8080,
  mountPath: '/workbench',
  keepPrefix: false,
  baseUrl: (id) => `http://127.0.0.1:9000/project/${id}/`,
};

const input: TaskInput = {
  userId: 'alice',
  workbenchId: 'wb1',
  runId: 'run1',
  attempt: 2,
  name: 'mine',
  cpuUnits: 1024,
  memoryMib: 2048,
  gpuCount: 0,
  placement: { kind: 'provider', provider: 'local' },
  mount: { path: '/data/volumes/wb1' },
};
const request = { taskId: 'cont-1', image: 'image:1', hostPort: 20_001 };

function spec(change: Partial<ContainerSettings> = {}, inputChange: Partial<TaskInput> = {}) {
  return containerSpec(
    { ...settings, ...change },
    { ...input, ...inputChange },
    '/data/volumes/wb1',
    request,
  );
}

describe('the options of a container', () => {
  it('contain a name from the task and the installation', () => {
    expect(spec().name).toBe('workbench-aaaaaaaa-cont-1');
    expect(containerName('b'.repeat(32), 'cont-1')).not.toBe(spec().name);
  });

  it('drop all privileges and publish one port of 127.0.0.1', () => {
    expect(spec().HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      PidsLimit: 4096,
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '20001' }] },
      RestartPolicy: { Name: 'no' },
    });
  });

  it('keep the command of the image without a boot command', () => {
    for (const bootCommand of [undefined, '', '  ']) {
      expect(spec({ bootCommand })).not.toHaveProperty('Entrypoint');
      expect(spec({ bootCommand })).not.toHaveProperty('Cmd');
    }
  });

  it('pass the boot command in the environment', () => {
    const bootCommand = 'echo "$(id)" && exec jupyter lab';
    const { Entrypoint, Cmd, Env } = spec({ bootCommand });
    expect([Entrypoint, Cmd]).toEqual([['/bin/sh', '-c'], [BOOT_SCRIPT]]);
    expect(Env).toContain(`WB_BOOT_COMMAND=${bootCommand}`);
  });

  it('pass the path of the workbench in the environment', () => {
    expect(spec().Env).toContain('WB_PREFIX=/project/wb1');
  });

  it('pass any workbench name in the environment', () => {
    expect(spec({}, { name: 'a\0b\n=c' }).Env).toContain('WORKBENCH_NAME=ab\n=c');
  });

  it('contain the requested size, limited to the CPUs of the engine', () => {
    expect(spec().HostConfig).toMatchObject({
      NanoCpus: 1e9,
      Memory: 2 * 1024 ** 3,
      MemorySwap: 2 * 1024 ** 3,
      ShmSize: 1024 ** 3,
    });
    expect(spec({}, { cpuUnits: 99_999 }).HostConfig?.NanoCpus).toBe(4e9);
  });

  it('contain all resources of the engine for a task on a host', () => {
    const { HostConfig } = spec({}, { placement: { kind: 'host', instanceId: 'sim-1' } });
    expect(HostConfig).toMatchObject({ NanoCpus: 4e9, Memory: 8 * 1024 ** 3 });
  });

  it('contain the requested GPUs', () => {
    expect(spec().HostConfig).not.toHaveProperty('DeviceRequests');
    expect(spec({}, { gpuCount: 2 }).HostConfig?.DeviceRequests).toEqual([
      { Driver: '', Count: 2, Capabilities: [['gpu']] },
    ]);
  });

  it('request labels for the files if the engine needs them for SELinux', () => {
    expect(spec().HostConfig?.Mounts).toEqual([
      { Type: 'bind', Source: '/data/volumes/wb1', Target: '/workbench', ReadOnly: false },
    ]);
    const labelled = spec({ engine: { ...engine, needsSelinuxLabels: true } }).HostConfig;
    expect(labelled?.Binds).toEqual(['/data/volumes/wb1:/workbench:rw,Z']);
    expect(labelled).not.toHaveProperty('Mounts');
  });

  it('mount the volume at the path of the settings, with the project folder in it', () => {
    const { Env, HostConfig } = spec({ mountPath: '/data/files' });
    expect(Env).toContain('WORKSPACE_PATH=/data/files/project');
    expect(HostConfig?.Mounts).toMatchObject([{ Target: '/data/files' }]);
  });

  it('contain the user and the user namespace mode', () => {
    expect(spec().HostConfig).not.toHaveProperty('UsernsMode');
    const identity = { user: '1001:1001', userNamespace: 'keep-id' } as const;
    expect(spec({ user: identity })).toMatchObject({
      User: '1001:1001',
      HostConfig: { UsernsMode: 'keep-id' },
    });
  });
});

describe('belongsToTask', () => {
  it('requires both labels', () => {
    const labels = spec().Labels ?? {};
    const container = (shown: Record<string, string>) => ({
      ...({ id: 'x', phase: 'running', exitCode: 0, outOfMemory: false, finishedAt: undefined } as const),
      labels: shown,
      hostPort: () => undefined,
    });
    expect(belongsToTask(container(labels), settings.installation, 'cont-1')).toBe(true);
    expect(belongsToTask(container(labels), settings.installation, 'cont-2')).toBe(false);
    expect(belongsToTask(container(labels), 'b'.repeat(32), 'cont-1')).toBe(false);
    expect(belongsToTask(container({}), settings.installation, 'cont-1')).toBe(false);
  });
});
