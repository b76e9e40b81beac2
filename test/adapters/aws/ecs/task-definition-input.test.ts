import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { TASK_SETTINGS, taskInput } from '#test/simulation/world/world-fixture.ts';
import { recordingRunner, TOKEN } from './recording-runner.ts';

describe('the task definition of a workbench', () => {
  async function registered(settings: Partial<TaskSettings> = {}) {
    const { tasks, subject, inputs } = recordingRunner({}, settings);
    await tasks.run(await taskInput(subject), TOKEN);
    const [definition] = inputs<RegisterTaskDefinitionCommandInput>('RegisterTaskDefinitionCommand');
    const [workbench, companion] = definition?.containerDefinitions ?? [];
    return { definition, workbench, companion };
  }

  it('mounts its access point with TLS, as its role, in a network of its own', async () => {
    const { definition } = await registered();
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

  it('has a companion that runs only once the workbench is healthy', async () => {
    const { workbench, companion } = await registered();
    expect(workbench).toMatchObject({
      essential: true,
      healthCheck: { command: ['CMD-SHELL', expect.anything()] },
    });
    expect(companion).toMatchObject({
      image: workbench?.image,
      essential: false,
      dependsOn: [{ containerName: 'workbench', condition: 'HEALTHY' }],
    });
    expect(companion?.mountPoints).toBeUndefined();
  });

  it('gives no container privileges', async () => {
    const { definition } = await registered({ uid: 1234, gid: 99 });
    for (const container of definition?.containerDefinitions ?? []) {
      expect(container).toMatchObject({
        privileged: false,
        user: '1234:99',
        dockerSecurityOptions: ['no-new-privileges'],
      });
    }
  });

  it('prepares the project folder and then boots, without a word of the command in the script', async () => {
    const bootCommand = 'echo "$(date)" && exec ide';
    const { workbench } = await registered({ bootCommand });
    expect(workbench?.entryPoint).toEqual(['/bin/sh', '-c']);
    expect(workbench?.command?.[0]).toMatch(/^mkdir -p "\$WORKSPACE_PATH" && cd/);
    expect(workbench?.command?.[0]).not.toContain('ide');
    expect(workbench?.environment).toContainEqual({ name: 'WB_BOOT_COMMAND', value: bootCommand });
    expect(workbench?.environment).toContainEqual({ name: 'WORKSPACE_PATH', value: '/workspace/project' });
  });

  it('leaves the image its own command when there is no boot command', async () => {
    const { workbench } = await registered({ bootCommand: ' ' });
    expect(workbench).not.toHaveProperty('entryPoint');
    expect(workbench).not.toHaveProperty('command');
  });

  it('is registered once, and again when image, boot command or mount change', async () => {
    const { runner, subject, inputs } = recordingRunner();
    const input = await taskInput(subject);
    const count = () => inputs('RegisterTaskDefinitionCommand').length;
    await runner().run(input, 'a/1/1');
    await runner().run({ ...input, runId: 'run2', name: 'other', memoryMib: 1000 }, 'a/2/1');
    expect(count()).toBe(1);
    await runner({ image: 'another' }).run({ ...input, runId: 'run3' }, 'a/3/1');
    expect(count()).toBe(2);
    await runner({ image: 'another', bootCommand: 'else' }).run({ ...input, runId: 'run4' }, 'a/4/1');
    expect(count()).toBe(3);
    const mount = { ...input.mount, accessPointId: 'fsap-other' };
    await runner().run({ ...input, runId: 'run5', mount }, 'a/5/1');
    expect(count()).toBe(4);
  });

  it('is pruned of old revisions, or of all', async () => {
    const { runner, subject, world } = recordingRunner();
    const definitions = new TaskDefinitions(world.clients(), TASK_SETTINGS);
    const input = await taskInput(subject);
    for (const image of ['a', 'b', 'c', 'd']) await runner({ image }).run(input, `${image}/1/1`);
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
