import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { type EffectPorts, executeEffect, type PortEffect } from '#core/workbench/execute-effect.ts';
import type { Effect } from '#core/workbench/lifecycle/effects.ts';
import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import { aTaskInput, ID, starting, USER } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const REFUSED = { kind: 'refused', code: 'start_refused', message: 'No.', retryable: false } as const;
const INSTANCE = 'i-1';
const host = { instanceId: INSTANCE, state: 'running', agentConnected: true } as const;
const task = {
  ...{ taskId: 'task-1', userId: USER, workbenchId: ID, runId: 'run', attempt: 1, version: 1 },
  status: 'running',
} as const;

/** Ports that note what they were asked, and answer what is given here. */
function recordingPorts(answers: Readonly<Record<string, unknown>> = {}) {
  const asked: unknown[][] = [];
  const port = (name: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          async (...args: unknown[]) => {
            asked.push([`${name}.${String(method)}`, ...args]);
            const answer = answers[`${name}.${String(method)}`];
            if (answer instanceof Error) throw answer;
            return answer;
          },
      },
    );
  const ports = {
    ...new MemoryWorld().ports,
    tasks: port('tasks'),
    hosts: port('hosts'),
    volumes: port('volumes'),
  };
  return { ports: ports as unknown as EffectPorts, asked };
}

async function outcome(effect: PortEffect, answers?: Readonly<Record<string, unknown>>) {
  const { ports, asked } = recordingPorts(answers);
  return { result: await executeEffect(ports, starting(), effect), asked };
}

const RUN = { type: 'run_task', input: aTaskInput({ attempt: 3 }), token: 'token' } as const;
const LAUNCH = { type: 'launch_host', generation: 2, instanceType: 'm7i.large', token: 'token' } as const;
const START = { type: 'start_host', generation: 2, instanceId: INSTANCE } as const;

describe('carrying an effect out', () => {
  it.each<[string, PortEffect, unknown, unknown[], unknown]>([
    [
      'a volume that is ready',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'ready', mount: { path: '/v' } } },
      ['volumes.ensure', ID],
      { type: 'volume_ready', mount: { path: '/v' } },
    ],
    [
      'a volume that was wiped before',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'tombstoned' } },
      ['volumes.ensure', ID],
      { type: 'volume_tombstoned' },
    ],
    [
      'a volume that is refused',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { ...REFUSED, retryable: true } },
      ['volumes.ensure', ID],
      { type: 'volume_refused', reason: { code: 'start_refused', message: 'No.' }, retryable: true },
    ],
    [
      'a volume that was wiped before',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'tombstoned' } },
      ['volumes.ensure', ID],
      { type: 'volume_tombstoned' },
    ],
    [
      'a wipe that is not done',
      { type: 'delete_volume' },
      { 'volumes.deleteSlice': { done: false, deleted: 9 } },
      ['volumes.deleteSlice', ID],
      { type: 'volume_deletion_unfinished' },
    ],
    [
      'a wipe that is done',
      { type: 'delete_volume' },
      { 'volumes.deleteSlice': { done: true, deleted: 9 } },
      ['volumes.deleteSlice', ID],
      { type: 'volume_deleted' },
    ],
    [
      'a task that is accepted',
      RUN,
      { 'tasks.run': { kind: 'accepted', task } },
      ['tasks.run', RUN.input, 'token'],
      { type: 'task_observed', task },
    ],
    [
      'a task that is refused',
      RUN,
      { 'tasks.run': REFUSED },
      ['tasks.run', RUN.input, 'token'],
      {
        type: 'run_refused',
        ...{ runId: RUN.input.runId, attempt: 3 },
        ...{ reason: { code: 'start_refused', message: 'No.' }, retryable: false },
      },
    ],
    [
      'a stop',
      { type: 'stop_task', taskId: 'task-1', why: 'because' },
      {},
      ['tasks.stop', 'task-1', 'because'],
      { type: 'task_stop_requested', taskId: 'task-1' },
    ],
    [
      'the end of a machine under a task',
      { type: 'terminate_instance', taskId: 'task-1', forced: true },
      {},
      ['tasks.terminateInstance', 'task-1', true],
      { type: 'instance_termination_requested', taskId: 'task-1' },
    ],
    [
      'a look at a task that is there',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [task] },
      ['tasks.describe', ['task-1']],
      { type: 'task_observed', task },
    ],
    [
      'a look at a task that is not found',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [{ taskId: 'task-1', missing: true }] },
      ['tasks.describe', ['task-1']],
      { type: 'task_missing', taskId: 'task-1' },
    ],
    [
      'a look that is not answered for this task',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [] },
      ['tasks.describe', ['task-1']],
      { type: 'task_missing', taskId: 'task-1' },
    ],
    [
      'a launch',
      LAUNCH,
      { 'hosts.launch': { kind: 'accepted', host } },
      ['hosts.launch', { userId: USER, workbenchId: ID, instanceType: 'm7i.large' }, 'token'],
      { type: 'host_accepted', generation: 2, host },
    ],
    [
      'a start of a machine that is refused',
      START,
      { 'hosts.start': REFUSED },
      ['hosts.start', INSTANCE],
      {
        type: 'host_refused',
        generation: 2,
        ...{ reason: { code: 'start_refused', message: 'No.' }, retryable: false },
      },
    ],
    [
      'a stop of a machine',
      { type: 'stop_host', instanceId: INSTANCE },
      {},
      ['hosts.stop', INSTANCE],
      { type: 'host_stop_requested', instanceId: INSTANCE },
    ],
    [
      'the end of a machine',
      { type: 'terminate_host', instanceId: INSTANCE },
      {},
      ['hosts.terminate', INSTANCE],
      { type: 'host_termination_requested', instanceId: INSTANCE },
    ],
    [
      'a look at a machine',
      { type: 'describe_host', instanceId: INSTANCE },
      { 'hosts.describe': [host] },
      ['hosts.describe', [INSTANCE]],
      { type: 'host_observed', host },
    ],
    [
      'a look that is not answered for this machine',
      { type: 'describe_host', instanceId: INSTANCE },
      { 'hosts.describe': [] },
      ['hosts.describe', [INSTANCE]],
      {
        type: 'host_observed',
        host: { instanceId: INSTANCE, state: 'terminated', agentConnected: false },
      },
    ],
  ])('makes one call and tells what came of it: %s', async (_, effect, answers, call, result) => {
    const { result: is, asked } = await outcome(effect, answers as Readonly<Record<string, unknown>>);
    expect(is).toStrictEqual(result);
    expect(asked).toEqual([call]);
  });

  it.each(['throttled', 'unavailable'] as const)('tells of a call that was %s', async (kind) => {
    const error = new PortError(kind, 'no');
    expect((await outcome({ type: 'ensure_volume' }, { 'volumes.ensure': error })).result).toEqual({
      type: 'effect_failed',
      effect: 'ensure_volume',
      kind,
    });
  });

  it('lets out what no port may throw', async () => {
    const fault = new TypeError('a fault of ours');
    await expect(outcome({ type: 'delete_volume' }, { 'volumes.deleteSlice': fault })).rejects.toBe(fault);
  });

  it('cuts a refusal down to what the record holds', async () => {
    const long = { ...REFUSED, message: 'x'.repeat(999) };
    const { result } = await outcome({ type: 'ensure_volume' }, { 'volumes.ensure': long });
    expect('reason' in result && result.reason.message).toHaveLength(REASON_MESSAGE_MAX);
  });
});

describe('a run that has no place', () => {
  const effect: Effect = { type: 'place_run', runId: 'run', attempt: 2 };
  const { ports } = new MemoryWorld();

  it('because it needs a machine of its own and has none is refused for good', async () => {
    const spec = { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
    expect(await executeEffect(ports, starting({ spec }), effect)).toStrictEqual({
      type: 'run_refused',
      ...{ runId: 'run', attempt: 2, retryable: false },
      reason: { code: 'cannot_fit', message: 'It has no machine of its own yet.' },
    });
  });

  it('because nothing is large enough any more says what would fit', async () => {
    const catalog = overrideMethods(ports.catalog, { providers: async () => [] });
    const result = await executeEffect({ ...ports, catalog }, starting(), effect);
    expect(result).toMatchObject({
      reason: { code: 'cannot_fit', message: expect.stringContaining('No capacity is configured.') },
    });
  });
});
