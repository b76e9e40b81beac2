import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { executeEffect, type PortEffect } from '#core/workbench/execute-effect.ts';
import type { Effect } from '#core/workbench/lifecycle/inputs.ts';
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

/** Ports that log their calls and return the given values. */
function recordingPorts(results: Readonly<Record<string, unknown>> = {}) {
  const calls: unknown[][] = [];
  const port = (name: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          async (...args: unknown[]) => {
            calls.push([`${name}.${String(method)}`, ...args]);
            const returned = results[`${name}.${String(method)}`];
            if (returned instanceof Error) throw returned;
            return returned;
          },
      },
    );
  const ports = {
    ...new MemoryWorld().ports,
    tasks: port('tasks'),
    hosts: port('hosts'),
    volumes: port('volumes'),
  };
  return { ports: ports as unknown as Parameters<typeof executeEffect>[0], calls };
}

async function execute(effect: PortEffect, results?: Readonly<Record<string, unknown>>) {
  const { ports, calls } = recordingPorts(results);
  return { result: await executeEffect(ports, starting(), effect), calls };
}

const RUN = { type: 'run_task', input: aTaskInput({ attempt: 3 }), token: 'token' } as const;
const LAUNCH = { type: 'launch_host', generation: 2, instanceType: 'm7i.large', token: 'token' } as const;
const START = { type: 'start_host', generation: 2, instanceId: INSTANCE } as const;

describe('ensure_volume of a volume that is being created', () => {
  const MOUNT = { path: '/v' };
  const CREATING = { kind: 'creating', mount: MOUNT };

  /** Executes it with these results of the calls of `ensure`, one after another. */
  async function ensureVolume(
    ensured: readonly object[],
    {
      prepare = async () => {},
      workbench = starting(),
      callMs = 0,
    }: { prepare?: () => Promise<void>; workbench?: ReturnType<typeof starting>; callMs?: number } = {},
  ) {
    const calls: unknown[][] = [];
    const results = [...ensured];
    let now = 0;
    const ports = {
      clock: { now: () => now },
      volumes: {
        ensure: async (id: string) => {
          calls.push(['ensure', id]);
          now += callMs;
          return results.shift();
        },
      },
      tasks: {
        prepare: async (workbench: object) => {
          calls.push(['prepare', workbench]);
          await prepare();
        },
      },
    } as unknown as Parameters<typeof executeEffect>[0];
    const result = await executeEffect(ports, workbench, { type: 'ensure_volume' });
    return { result, calls, memoryMib: workbench.spec.memoryMib };
  }

  it('prepares the task meanwhile, with the mount that the volume will have', async () => {
    const { result, calls, memoryMib } = await ensureVolume([CREATING, { kind: 'ready', mount: MOUNT }]);
    expect(result).toEqual({ type: 'volume_ready', mount: MOUNT });
    expect(calls).toEqual([
      ['ensure', ID],
      ['prepare', { workbenchId: ID, mount: MOUNT, memoryMib }],
      ['ensure', ID],
    ]);
  });

  it('reads its state up to three times afterwards, and prepares the task once', async () => {
    const ready = { kind: 'ready', mount: MOUNT };
    const { result, calls } = await ensureVolume([CREATING, CREATING, CREATING, ready]);
    expect(result).toEqual({ type: 'volume_ready', mount: MOUNT });
    expect(calls.map(([name]) => name)).toEqual(['ensure', 'prepare', 'ensure', 'ensure', 'ensure']);
  });

  it('fails, to be retried, if the volume is still being created after that', async () => {
    const ready = { kind: 'ready', mount: MOUNT };
    const { result } = await ensureVolume([CREATING, CREATING, CREATING, CREATING, ready]);
    expect(result).toEqual({ type: 'effect_failed', effect: 'ensure_volume', kind: 'unavailable' });
  });

  it('is not read again after five seconds, so that slow calls do not exceed the time of the function', async () => {
    const slow = await ensureVolume([CREATING, CREATING, CREATING, CREATING], { callMs: 2500 });
    expect(slow.calls.map(([name]) => name)).toEqual(['ensure', 'prepare', 'ensure']);
    expect(slow.result).toMatchObject({ type: 'effect_failed' });
  });

  it('prepares no task of a workbench with a host, whose memory is not known yet', async () => {
    const { spec } = starting();
    const workbench = starting({ spec: { ...spec, dedicatedInstanceType: 'm7i.large' } });
    const { calls } = await ensureVolume([CREATING, { kind: 'ready', mount: MOUNT }], { workbench });
    expect(calls.map(([name]) => name)).toEqual(['ensure', 'ensure']);
  });

  it('returns that the deletion of the volume began meanwhile', async () => {
    const { result } = await ensureVolume([CREATING, { kind: 'tombstoned' }]);
    expect(result).toEqual({ type: 'volume_tombstoned' });
  });

  it('is throttled if the preparation is throttled', async () => {
    const { result, calls } = await ensureVolume([CREATING], {
      prepare: async () => {
        throw new PortError('throttled', 'ecs RegisterTaskDefinition');
      },
    });
    expect(result).toEqual({ type: 'effect_failed', effect: 'ensure_volume', kind: 'throttled' });
    expect(calls).toHaveLength(2);
  });
});

describe('executeEffect', () => {
  it.each<[string, PortEffect, unknown, unknown[], unknown]>([
    [
      'a ready volume',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'ready', mount: { path: '/v' } } },
      ['volumes.ensure', ID],
      { type: 'volume_ready', mount: { path: '/v' } },
    ],
    [
      'a tombstoned volume',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'tombstoned' } },
      ['volumes.ensure', ID],
      { type: 'volume_tombstoned' },
    ],
    [
      'a refused volume',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { ...REFUSED, retryable: true } },
      ['volumes.ensure', ID],
      { type: 'volume_refused', reason: { code: 'start_refused', message: 'No.' }, retryable: true },
    ],
    [
      'a tombstoned volume',
      { type: 'ensure_volume' },
      { 'volumes.ensure': { kind: 'tombstoned' } },
      ['volumes.ensure', ID],
      { type: 'volume_tombstoned' },
    ],
    [
      'the tasks of the workbench',
      { type: 'find_tasks', runId: 'run', attempt: 2 },
      { 'tasks.listOf': [] },
      ['tasks.listOf', ID],
      { type: 'tasks_found', runId: 'run', attempt: 2, tasks: [] },
    ],
    [
      'an unfinished deletion',
      { type: 'delete_volume' },
      { 'volumes.deleteSlice': { done: false, deleted: 9 } },
      ['volumes.deleteSlice', ID],
      { type: 'volume_deletion_unfinished' },
    ],
    [
      'a finished deletion',
      { type: 'delete_volume' },
      { 'volumes.deleteSlice': { done: true, deleted: 9 } },
      ['volumes.deleteSlice', ID],
      { type: 'volume_deleted' },
    ],
    [
      'an accepted task',
      RUN,
      { 'tasks.run': { kind: 'accepted', task } },
      ['tasks.run', RUN.input, 'token'],
      { type: 'task_observed', task },
    ],
    [
      'a refused task',
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
      'a stop of a task',
      { type: 'stop_task', taskId: 'task-1', reason: 'because' },
      {},
      ['tasks.stop', 'task-1', 'because'],
      { type: 'task_stop_requested', taskId: 'task-1' },
    ],
    [
      'a termination of the instance of a task',
      { type: 'terminate_instance', taskId: 'task-1', forced: true },
      {},
      ['tasks.terminateInstance', 'task-1', true],
      { type: 'instance_termination_requested', taskId: 'task-1' },
    ],
    [
      'a description of a task',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [task] },
      ['tasks.describe', ['task-1']],
      { type: 'task_observed', task },
    ],
    [
      'a description of a missing task',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [{ taskId: 'task-1', missing: true }] },
      ['tasks.describe', ['task-1']],
      { type: 'task_missing', taskId: 'task-1' },
    ],
    [
      'an empty description of a task',
      { type: 'describe_task', taskId: 'task-1' },
      { 'tasks.describe': [] },
      ['tasks.describe', ['task-1']],
      { type: 'task_missing', taskId: 'task-1' },
    ],
    [
      'a launch',
      LAUNCH,
      { 'hosts.launch': { kind: 'accepted', host } },
      ['hosts.launch', { userId: USER, workbenchId: ID, instanceType: 'm7i.large', generation: 2 }, 'token'],
      { type: 'host_accepted', generation: 2, host },
    ],
    [
      'a refused start of a host',
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
      'a stop of a host',
      { type: 'stop_host', instanceId: INSTANCE },
      {},
      ['hosts.stop', INSTANCE],
      { type: 'host_stop_requested', instanceId: INSTANCE },
    ],
    [
      'a termination of a host',
      { type: 'terminate_host', instanceId: INSTANCE },
      {},
      ['hosts.terminate', INSTANCE],
      { type: 'host_termination_requested', instanceId: INSTANCE },
    ],
    [
      'a description of a host',
      { type: 'describe_host', instanceId: INSTANCE },
      { 'hosts.describe': [host] },
      ['hosts.describe', [INSTANCE]],
      { type: 'host_observed', host },
    ],
    [
      'an empty description of a host',
      { type: 'describe_host', instanceId: INSTANCE },
      { 'hosts.describe': [] },
      ['hosts.describe', [INSTANCE]],
      {
        type: 'host_observed',
        host: { instanceId: INSTANCE, state: 'terminated', agentConnected: false },
      },
    ],
  ])('makes one call and returns its result: %s', async (_, effect, results, call, result) => {
    const { result: actual, calls } = await execute(effect, results as Readonly<Record<string, unknown>>);
    expect(actual).toStrictEqual(result);
    expect(calls).toEqual([call]);
  });

  it.each(['throttled', 'unavailable'] as const)(
    'returns a call that was %s as a failed effect',
    async (kind) => {
      const error = new PortError(kind, 'no');
      expect((await execute({ type: 'ensure_volume' }, { 'volumes.ensure': error })).result).toEqual({
        type: 'effect_failed',
        effect: 'ensure_volume',
        kind,
      });
    },
  );

  it('throws errors that no port may throw', async () => {
    const bug = new TypeError('a bug');
    await expect(execute({ type: 'delete_volume' }, { 'volumes.deleteSlice': bug })).rejects.toBe(bug);
  });

  it('truncates the message of a refusal to the maximum of the record', async () => {
    const long = { ...REFUSED, message: 'x'.repeat(999) };
    const { result } = await execute({ type: 'ensure_volume' }, { 'volumes.ensure': long });
    expect('reason' in result && result.reason.message).toHaveLength(REASON_MESSAGE_MAX);
  });
});

describe('placing a run that has no place', () => {
  const effect: Effect = { type: 'place_run', runId: 'run', attempt: 2 };
  const { ports } = new MemoryWorld();

  it('refuses it permanently if it needs a host and has none', async () => {
    const spec = { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
    expect(await executeEffect(ports, starting({ spec }), effect)).toStrictEqual({
      type: 'run_refused',
      ...{ runId: 'run', attempt: 2, retryable: false },
      reason: { code: 'cannot_fit', message: 'The dedicated instance has not been launched yet.' },
    });
  });

  it('names the sizes that would fit if no provider is large enough any more', async () => {
    const catalog = overrideMethods(ports.catalog, { providers: async () => [] });
    const result = await executeEffect({ ...ports, catalog }, starting(), effect);
    expect(result).toMatchObject({
      reason: {
        code: 'cannot_fit',
        message: expect.stringContaining('No capacity providers are configured.'),
      },
    });
  });
});
