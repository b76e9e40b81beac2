import { UpdateContainerInstancesStateCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { LAUNCH_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { ReasonCode } from '#core/workbench/reasons.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  ID,
  MINUTE,
  pending,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
} from '#test/builders/workbench.ts';
import { type Hazards, NO_HAZARDS } from '../world/hazards.ts';
import { ACCESS_DENIED, TASK_REASONS } from '../world/reasons.ts';
import { taskInput, WORLD_OPTIONS, WorldFixture } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { RuleViolation } from './rule-violation.ts';
import { SafetyChecks } from './safety-checks.ts';
import { StartChecks } from './start-checks.ts';

/** The checks over a world without hazards but the given ones. The start of the record is requested at once. */
function createChecks(hazards: Partial<Hazards> = {}, tape: readonly number[] = []) {
  const subject = new WorldFixture({ hazards: { ...NO_HAZARDS, ...hazards } }, tape);
  const { world, kernel } = subject;
  const startedAt = kernel.now();
  const clients = new ClientHistory();
  let record = starting({ startedAt, deadlineAt: startedAt + 15 * MINUTE });
  const checks = new StartChecks(world, clients, () => record);
  const write = (changes: Partial<typeof record>) => {
    const before = record;
    record = { ...record, ...changes };
    checks.checkWrite(record, before, kernel.now());
  };
  let generation = 0;
  const launch = () => {
    const [spec] = WORLD_OPTIONS.providers;
    if (spec === undefined) throw new Error('no provider');
    const { instanceType, size } = spec;
    generation += 1;
    const tags = { [WORKBENCH_TAG]: ID, [LAUNCH_TAG]: `${ID}/host/${generation}` };
    return world.ec2Instances.launch({ instanceType, size, tags, attributes: {}, imageId: 'ami-1' });
  };
  const launchThatFails = () => {
    const instance = launch();
    world.ec2Instances.failLaunch(instance, 2000, 'Server.InternalError');
    return instance;
  };
  const runTask = async (attempt = 1) => {
    const input = await taskInput(subject, { workbenchId: ID, runId: RUN_ID, attempt });
    const outcome = await subject.tasks().run(input, `${ID}/${RUN_ID}/${attempt}`);
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    await subject.advance(5 * 60);
  };
  const end = (code: ReasonCode, message: string, before: Workbench = stopping()) =>
    checks.checkWrite(stopped({ startedAt, reason: { code, message } }), before, kernel.now());
  return { subject, world, kernel, clients, record, checks, write, launch, launchThatFails, runTask, end };
}

describe('launches', () => {
  it('may be three within a minute for a workbench, not four', async () => {
    const { subject, checks, launch } = createChecks();
    for (let n = 0; n < 3; n += 1) launch();
    checks.check();
    await subject.advance(59);
    launch();
    expect(() => checks.check()).toThrow(/4 hosts were launched for workbench .* within 60 seconds/);
  });

  it('may be four in more than a minute', async () => {
    const { subject, checks, launch } = createChecks();
    for (let n = 0; n < 3; n += 1) launch();
    await subject.advance(60);
    launch();
    checks.check();
  });

  it.each<[string, { fails: number; recorded?: boolean; lastHostGeneration?: number }, boolean]>([
    ['not follow three that ended at once', { fails: 3 }, true],
    ['follow two that ended at once', { fails: 2 }, false],
    ['follow three that no record refers to', { fails: 3, recorded: false }, false],
    ['follow three of the run before a restart', { fails: 3, lastHostGeneration: 3 }, false],
  ])('must %s', async (_, { fails, recorded = true, lastHostGeneration = 0 }, refused) => {
    const { subject, checks, write, launch, launchThatFails } = createChecks();
    for (let n = 0; n < 3; n += 1) {
      const { instanceId } = n < fails ? launchThatFails() : launch();
      const host = { instanceType: 'm7i.large', generation: n + 1, agentConnected: false, instanceId };
      if (recorded) write({ host: { ...host, state: 'pending' } });
      await subject.advance(61);
      checks.check();
    }
    if (lastHostGeneration > 0) write({ lastHostGeneration });
    launch();
    const check = expect(() => checks.check());
    if (refused) check.toThrow(/another host was launched for the same start/);
    else check.not.toThrow();
  });
});

describe('a launch 20 s after one that failed', () => {
  /** A launch fails, and the next one waits from the 3rd second on. The clock is set forward once. */
  async function launchEarly(clock: { aheadBy?: 10 | 60 | 600; from?: number } = {}) {
    const { aheadBy = 0, from = 5 } = clock;
    const tape = [0, from, 600, [10, 60, 600].indexOf(aheadBy) + 5];
    const subject = createChecks({ clockSteps: aheadBy > 0 ? 1 : 0 }, tape);
    const { world, checks, write, launch, launchThatFails } = subject;
    const advance = (seconds: number) => subject.subject.advance(seconds);
    const host = { instanceType: 'm7i.large', agentConnected: false };
    const { instanceId } = launchThatFails();
    write({ host: { ...host, generation: 1, state: 'pending', instanceId } });
    await advance(3);
    const launchAfter = world.functionClock.now() + MINUTE;
    const wait = () =>
      write({
        host: { ...host, generation: 2, state: 'requested', launchAfter },
        updatedAt: world.functionClock.now(),
      });
    wait();
    await advance(7);
    // Another change of the record. The wait is the same.
    wait();
    await advance(10);
    launch();
    expect(world.functionClock.offset).toBe(aheadBy * 1000);
    return expect(() => checks.check());
  }

  const VIOLATION = /another host was launched for the same start .* 20 s after a launch that failed/;

  it('is too early', async () => {
    (await launchEarly()).toThrow(VIOLATION);
  });

  it('is allowed if the clock was set forward meanwhile by so little that the controller cannot know', async () => {
    (await launchEarly({ aheadBy: 60 })).not.toThrow();
  });

  it.each([
    ['by less than what was left of the wait', { aheadBy: 10 }],
    ['by so much that the controller knows', { aheadBy: 600 }],
    ['before the wait began', { aheadBy: 60, from: 1 }],
  ] as const)('is too early if the clock was set forward %s', async (_, clock) => {
    (await launchEarly(clock)).toThrow(VIOLATION);
  });
});

describe('the tasks of a start', () => {
  it.each([
    ['must not be four of which three failed', true],
    ['may be four if no record refers to one that failed', false],
  ])('%s', async (_, allRecorded) => {
    const { world, kernel, checks, runTask } = createChecks({ imagePullFails: 1 });
    const record = (taskId: string) =>
      checks.checkWrite(pending({ run: acceptedRun({ runId: RUN_ID, taskId }) }), starting(), kernel.now());
    const taskIds = () => [...world.ecs.tasks.keys()].map((arn) => arn.split('/').at(-1) ?? '');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await runTask(attempt);
      if (allRecorded || attempt > 1) record(taskIds().at(-1) ?? '');
    }
    const next = expect(() => record('next'));
    if (allRecorded) next.toThrow(/another task was started for the same start .* although 3 had failed/);
    else next.not.toThrow();
  });
});

describe('a failed start', () => {
  it('names the cause', async () => {
    const { runTask, end } = createChecks({ imagePullFails: 1 });
    for (let attempt = 1; attempt <= 3; attempt += 1) await runTask(attempt);
    end('image_pull_failed', TASK_REASONS.imagePullFails.containerReason);
    end('image_pull_failed', `It failed: ${TASK_REASONS.imagePullFails.containerReason.slice(-15)}`);
    end('no_capacity', 'other codes need no cause');
    for (const message of ['Task failed to start', 'five time(s)'])
      expect(() => end('start_refused', message)).toThrow(/names no cause/);
  });

  it.each([
    ['imagePullFails', 'image_pull_failed', 'storage_failed'],
    ['mountFails', 'storage_failed', 'start_refused'],
  ] as const)('has the code of the component that failed: %s', async (hazard, code, other) => {
    const { kernel, record, checks, runTask, end } = createChecks({ [hazard]: 1 });
    for (let attempt = 1; attempt <= 3; attempt += 1) await runTask(attempt);
    const { containerReason } = TASK_REASONS[hazard === 'mountFails' ? 'mountRefused' : hazard];
    const message = containerReason.slice(containerReason.indexOf(': ') + 2);
    end(code, message);
    expect(() => end(other, message)).toThrow(`failed with ${other} instead of ${code}`);
    end('no_capacity', 'another cause');
    const retry = (refused: ReasonCode) =>
      checks.checkWrite({ ...record, refusal: { code: refused, message } }, stopping(), kernel.now());
    retry(code);
    expect(() => retry(other)).toThrow(`failed with ${other} instead of ${code}`);
  });

  it('is not explained by the failure of the readiness container', async () => {
    const { world, runTask, end } = createChecks();
    await runTask();
    const message = 'pull image manifest has been retried 5 time(s): context deadline exceeded';
    for (const task of world.ecs.tasks.values())
      task.companionReason = `CannotPullContainerError: ${message}`;
    end('exited', 'The main process exited with code 0.');
    expect(() => end('image_pull_failed', message)).toThrow(
      'explained by the failure of its readiness container',
    );
  });

  it('may name the error of a call since the start', async () => {
    const { world, subject, end } = createChecks();
    world.truth.refusals.push({ at: subject.kernel.now() - 60_000, name: 'BlockedException' });
    expect(() => end('start_refused', 'ECS refused (BlockedException).')).toThrow(/names no cause/);
    world.truth.refusals.push({ at: subject.kernel.now(), name: 'BlockedException' });
    end('start_refused', 'ECS refused (BlockedException).');
  });

  it.each([
    ['names a cause if the clock is right', 0, true],
    ['may say that EC2 gives no reason if the clock steps', 1, false],
  ])('%s', (_, clockSteps, refused) => {
    const { end } = createChecks({ clockSteps });
    const check = expect(() => end('start_refused', 'The new instance ended: EC2 gives no reason.'));
    if (refused) check.toThrow(/names no cause/);
    else check.not.toThrow();
    expect(() => end('start_refused', 'The new instance ended.')).toThrow(/names no cause/);
  });

  it('may name the reason of a task that ECS no longer returns', async () => {
    const { subject, runTask, end } = createChecks({ imagePullFails: 1 });
    for (let attempt = 1; attempt <= 3; attempt += 1) await runTask(attempt);
    await subject.advance(61 * 60);
    expect((await subject.tasks().list()).tasks).toEqual([]);
    expect((await subject.tasks().list('STOPPED')).tasks).toEqual([]);
    end('image_pull_failed', TASK_REASONS.imagePullFails.containerReason);
  });

  it('may name the reason of a launch that failed', async () => {
    const { subject, launchThatFails, end } = createChecks();
    launchThatFails();
    await subject.advance(3);
    end('start_refused', 'The instance ended at once: Server.InternalError.');
  });

  const { stoppedReason } = TASK_REASONS.interfaceIndexUsed;

  it('was tried three times after failures of the platform', async () => {
    const { runTask, end } = createChecks({ interfaceIndexUsed: 1 });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await runTask(attempt);
      const message = `ended after ${attempt} tasks, although another one may succeed`;
      expect(() => end('start_refused', stoppedReason)).toThrow(message);
    }
    await runTask(3);
    end('start_refused', stoppedReason);
  });

  it('may end if a client asked for it, or a long time after its request', async () => {
    const { kernel, clients, runTask, end, subject } = createChecks({ interfaceIndexUsed: 1 });
    await runTask();
    expect(() => end('start_refused', stoppedReason)).toThrow(RuleViolation);
    const request = clients.recordRequest(ID, 'stopped', kernel.now());
    end('start_refused', stoppedReason);
    clients.recordRejected(ID, request);
    expect(() => end('start_refused', stoppedReason)).toThrow(RuleViolation);
    await subject.advance(11 * 60);
    end('start_refused', stoppedReason);
  });

  it.each([
    'The subnet is full (InsufficientFreeAddressesInSubnet).',
    `ECS: ${ACCESS_DENIED}`,
    'ECS refused to start the task (ClientException).',
  ])('is not given up before its deadline: %s', async (message) => {
    const { subject, kernel, record, checks } = createChecks();
    const end = () =>
      checks.checkWrite(stopping({ reason: { code: 'no_capacity', message } }), record, kernel.now());
    await subject.advance(14 * 60);
    expect(end).toThrow(/was given up 60 s before its deadline for a refusal that passes/);
    await subject.advance(50);
    expect(end).not.toThrow();
  });

  it.each([
    ['is given up after three launches that ended, although one was terminated by hand', 3],
    ['is not given up after two', 2],
  ])('%s', async (_, launches) => {
    const { subject, world, kernel, record, checks, launch, launchThatFails } = createChecks();
    world.ec2Instances.terminate(launch());
    for (let n = 1; n < launches; n += 1) launchThatFails();
    await subject.advance(5 * 60);
    const reason = { code: 'start_refused', message: 'Client.VolumeLimitExceeded' } as const;
    const end = expect(() => checks.checkWrite(stopping({ reason }), record, kernel.now()));
    if (launches === 3) end.not.toThrow();
    else end.toThrow(/for a refusal that passes/);
  });
});

describe('a task', () => {
  it.each([
    ['must not be placed on an instance that AWS drains', 1, undefined],
    ['may be on an instance that AWS drains later', -1, undefined],
    ['may be on an instance whose draining an operator has ended', 1, 'ACTIVE'],
    ['must not be placed on an instance that an operator drains as well', 1, 'DRAINING'],
  ] as const)('%s', async (_, later, status) => {
    const { world, checks, runTask } = createChecks();
    await runTask();
    const [task] = world.ecs.tasks.values();
    if (task?.containerInstance === undefined) throw new Error('not placed');
    task.containerInstance.drainingSince = (task.placedAt ?? 0) - later;
    const containerInstances = [task.containerInstance.arn];
    if (status !== undefined)
      await world.clients().send(new UpdateContainerInstancesStateCommand({ containerInstances, status }));
    const isForbidden = later > 0 && status !== 'ACTIVE';
    if (isForbidden) expect(() => checks.check()).toThrow(/was placed on an instance that AWS drains/);
    else checks.check();
  });
});

describe('a start that goes back to `starting`', () => {
  it.each([
    ['with a new attempt', RUN_ID, 2, true],
    ['with the same attempt', RUN_ID, 1, false],
    ['with another run', 'another', 2, false],
  ])('%s', (_, runId, attempt, allowed) => {
    const { world } = new WorldFixture();
    const safety = new SafetyChecks(
      world,
      new ClientHistory(),
      () => undefined,
      () => false,
    );
    const write = () =>
      safety.checkWrite(starting({ run: { phase: 'preparing', runId, attempt } }), running(), 0);
    if (allowed) expect(write).not.toThrow();
    else expect(write).toThrow(/went back from running to starting/);
  });
});
