import { describe, expect, it } from 'vitest';
import { acceptedRun, aHistoryEntry, ID, running, stopping } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { TASK_REASONS } from '../world/reasons.ts';
import type { WorldEvent } from '../world/world.ts';
import { taskInput, WorldFixture } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { InterruptionChecks } from './interruption-checks.ts';

/** The checks over a world with one running task, whose record is about to end. */
async function createChecks() {
  const subject = new WorldFixture({ hazards: NO_HAZARDS });
  const { world, kernel } = subject;
  const outcome = await subject.tasks().run(await taskInput(subject, { workbenchId: ID }), 'token');
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  await subject.advance(10 * 60);
  const [task] = world.ecs.tasks.values();
  const instance = task?.containerInstance?.ec2Instance;
  if (task?.lastStatus !== 'RUNNING' || instance === undefined) throw new Error('the task does not run');
  const drained = new Set<string>();
  const checks = new InterruptionChecks(
    world,
    new ClientHistory(),
    () => undefined,
    (id) => drained.has(id),
  );
  const run = acceptedRun({ taskId: outcome.task.taskId });
  const restart = () => {
    const spec = { ...running().spec, onInterruption: 'restart' as const };
    const restarted = aHistoryEntry({ type: 'restarted_after_interruption', seq: 2 });
    checks.checkWrite(stopping({ spec, run, outbox: [restarted] }), running({ spec, run }));
  };
  const announce = (type: string, detail: WorldEvent['detail']) => {
    const event = {
      source: 'aws.ec2',
      'detail-type': type,
      id: '1',
      time: '',
      resources: [],
      detail,
    } as const;
    checks.expectNoticed(event, kernel.now());
  };
  return { task, instanceId: instance.instanceId, restart, announce, drained };
}

describe('a restart', () => {
  it('must not follow the end of an instance that AWS did not announce', async () => {
    const { instanceId, restart, announce } = await createChecks();
    const spot = 'EC2 Spot Instance Interruption Warning';
    announce(spot, { 'instance-id': 'i-another' });
    announce('ECS Container Instance State Change', { ec2InstanceId: instanceId, status: 'ACTIVE' });
    expect(restart).toThrow(`AWS did not announce the end of ${instanceId}`);
    announce(spot, { 'instance-id': instanceId });
    restart();
  });

  it('may follow the draining of an instance', async () => {
    const { instanceId, restart, announce } = await createChecks();
    announce('ECS Container Instance State Change', { ec2InstanceId: instanceId, status: 'DRAINING' });
    restart();
  });

  it('may follow the loss of an instance that an operator empties, although no event has shown it', async () => {
    const { instanceId, restart, drained } = await createChecks();
    drained.add('i-another');
    expect(restart).toThrow(`AWS did not announce the end of ${instanceId}`);
    drained.add(instanceId);
    restart();
  });

  it('may follow a task that ECS has stopped for a Spot interruption', async () => {
    const { task, restart } = await createChecks();
    task.stopCode = TASK_REASONS.spotInterrupted.stopCode;
    restart();
  });
});
