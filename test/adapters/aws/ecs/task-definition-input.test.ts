import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { HEALTH_PROBE } from '#adapters/workbench-container.ts';
import { TASK_SETTINGS, taskInput } from '#test/simulation/world/world-fixture.ts';
import { recordingRunner, TOKEN } from './recording-runner.ts';

const MEMORY_MIB = 3072;

describe('the task definition of a workbench', () => {
  async function register(settings: Partial<TaskSettings> = {}) {
    const { tasks, subject, inputs } = recordingRunner({}, settings);
    await tasks.run(await taskInput(subject, { memoryMib: MEMORY_MIB }), TOKEN);
    const [definition] = inputs<RegisterTaskDefinitionCommandInput>('RegisterTaskDefinitionCommand');
    const [workbench, readiness] = definition?.containerDefinitions ?? [];
    return { definition, workbench, readiness };
  }

  it('mounts its access point with TLS and IAM, and uses the awsvpc network mode', async () => {
    const { definition } = await register();
    expect(definition).toMatchObject({
      networkMode: 'awsvpc',
      volumes: [
        {
          efsVolumeConfiguration: {
            fileSystemId: 'fs-1',
            transitEncryption: 'ENABLED',
            authorizationConfig: { accessPointId: expect.stringMatching(/^fsap-/), iam: 'ENABLED' },
          },
        },
      ],
    });
  });

  it('has a readiness container that starts only when the workbench is healthy', async () => {
    const { workbench, readiness } = await register();
    expect(workbench).toMatchObject({
      essential: true,
      healthCheck: { command: ['CMD-SHELL', expect.anything()] },
    });
    expect(readiness).toMatchObject({
      image: workbench?.image,
      essential: false,
      dependsOn: [{ containerName: 'workbench', condition: 'HEALTHY' }],
    });
    expect(readiness?.mountPoints).toBeUndefined();
  });

  it('gives no privileges to containers', async () => {
    const { definition } = await register({ uid: 1234, gid: 99 });
    for (const container of definition?.containerDefinitions ?? []) {
      expect(container).toMatchObject({
        privileged: false,
        user: '1234:99',
        dockerSecurityOptions: ['no-new-privileges'],
        linuxParameters: { capabilities: { drop: ['ALL'] } },
      });
    }
  });

  it('creates the project folder and then boots, without the boot command in the script', async () => {
    const bootCommand = 'echo "$(date)" && exec ide';
    const { workbench } = await register({ bootCommand });
    expect(workbench?.entryPoint).toEqual(['/bin/sh', '-c']);
    expect(workbench?.command?.[0]).toMatch(/^mkdir -p "\$WORKSPACE_PATH" && cd/);
    expect(workbench?.command?.[0]).not.toContain('ide');
    expect(workbench?.environment).toContainEqual({ name: 'WB_BOOT_COMMAND', value: bootCommand });
    expect(workbench?.environment).toContainEqual({ name: 'WORKSPACE_PATH', value: '/workbench/project' });
  });

  it('keeps the command of the image if there is no boot command', async () => {
    const { workbench } = await register({ bootCommand: ' ' });
    expect(workbench).not.toHaveProperty('entryPoint');
    expect(workbench).not.toHaveProperty('command');
  });

  it('has half of its memory as shared memory', async () => {
    const { workbench, readiness } = await register();
    expect(workbench?.linuxParameters?.sharedMemorySize).toBe(MEMORY_MIB / 2);
    expect(readiness?.linuxParameters).not.toHaveProperty('sharedMemorySize');
  });

  it('has the health check of the settings, and otherwise the probe', async () => {
    const commandWith = async (settings: Partial<TaskSettings>) =>
      (await register(settings)).workbench?.healthCheck?.command;
    expect(await commandWith({})).toEqual(['CMD-SHELL', HEALTH_PROBE]);
    expect(await commandWith({ healthCommand: 'test -e /ready' })).toEqual(['CMD-SHELL', 'test -e /ready']);
  });

  it('writes the output of the workbench to the log, and none of the readiness container', async () => {
    const { workbench, readiness } = await register({ logs: { group: '/workbenches', region: 'eu-west-1' } });
    expect(workbench?.logConfiguration?.options).toMatchObject({ 'awslogs-group': '/workbenches' });
    expect(readiness).not.toHaveProperty('logConfiguration');
  });

  it('is registered once, and again when the image, the boot command, the memory or the mount changes', async () => {
    const { newRunner, subject, inputs } = recordingRunner();
    const input = await taskInput(subject, { memoryMib: MEMORY_MIB });
    const count = () => inputs('RegisterTaskDefinitionCommand').length;
    await newRunner().run(input, 'a/1/1');
    await newRunner().run({ ...input, runId: 'run2', name: 'other', cpuUnits: 512 }, 'a/2/1');
    expect(count()).toBe(1);
    await newRunner({ image: 'another' }).run({ ...input, runId: 'run3' }, 'a/3/1');
    expect(count()).toBe(2);
    await newRunner({ image: 'another', bootCommand: 'else' }).run({ ...input, runId: 'run4' }, 'a/4/1');
    expect(count()).toBe(3);
    const mount = { ...input.mount, accessPointId: 'fsap-other' };
    await newRunner().run({ ...input, runId: 'run5', mount }, 'a/5/1');
    expect(count()).toBe(4);
    await newRunner().run({ ...input, runId: 'run6', mount, memoryMib: MEMORY_MIB + 1024 }, 'a/6/1');
    expect(count()).toBe(5);
  });

  it('loses its old revisions or all revisions by pruning', async () => {
    const { newRunner, subject, world } = recordingRunner();
    const definitions = new TaskDefinitions(world.clients(), TASK_SETTINGS);
    const input = await taskInput(subject);
    for (const image of ['a', 'b', 'c', 'd']) await newRunner({ image }).run(input, `${image}/1/1`);
    const { workbenchId } = input;
    const revisions = () => world.ecs.definitions.families.get(`workbench-${workbenchId}`) ?? [];
    const active = () =>
      revisions()
        .filter((revision) => revision.active)
        .map(({ revision }) => revision);
    expect(await definitions.prune(workbenchId, 'newest', 2)).toEqual({ deleted: 2, more: true });
    expect(await definitions.prune(workbenchId, 'newest', 2)).toEqual({ deleted: 1, more: false });
    expect(active()).toEqual([4]);
    expect(await definitions.list()).toEqual({ workbenchIds: [workbenchId] });
    expect(await definitions.prune(workbenchId, 'none', 2)).toEqual({ deleted: 1, more: false });
    expect(active()).toEqual([]);
    expect(await definitions.list()).toEqual({ workbenchIds: [] });
  });
});
