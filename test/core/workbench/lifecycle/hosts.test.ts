import { describe, expect, it } from 'vitest';
import type { HostObservation, InstanceState } from '#core/ports/host-fleet.ts';
import type { EffectResult, Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Host, Starting, Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  ID,
  issuedRun,
  pending,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const MINUTE = 60_000;
const INSTANCE = 'i-0123456789abcdef0';
const SPEC = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
const NO_CAPACITY = { code: 'no_capacity', message: 'None left.' } as const;
const REFUSED = { code: 'start_refused', message: 'Not allowed.' } as const;

const requested: Host = {
  instanceType: 'm7i.large',
  generation: 1,
  state: 'requested',
  agentConnected: false,
};

function aStart(host: Host, fields: Partial<Starting> = {}): Starting {
  return starting({ mount: {}, spec: SPEC, host, failures: 3, ...fields });
}

function aHostObservation(state: InstanceState, fields: Partial<HostObservation> = {}): HostObservation {
  return { instanceId: INSTANCE, state, agentConnected: false, ...fields };
}

function applyResult(workbench: Workbench, outcome: EffectResult, now = T0): Workbench {
  const { revision } = workbench;
  return step(workbench, { type: 'outcomes', revision, outcomes: [outcome] }, now).workbench;
}

function applyInput(workbench: Workbench, input: Input, now = T0): Workbench {
  return step(workbench, input, now).workbench;
}

/** What is owed when it is next looked at. */
function effectsOf(workbench: Workbench) {
  return step({ ...workbench, nextDriveAt: T0 }, { type: 'tick' }, T0).effects;
}

describe('what a start owes to its machine', () => {
  it('is a launch under the token of its generation, until it is known which instance came of it', () => {
    expect(effectsOf(aStart({ ...requested, generation: 3 }))).toEqual([
      { type: 'launch_host', generation: 3, instanceType: 'm7i.large', token: `${ID}/host/3` },
    ]);
  });

  it.each<[InstanceState, string]>([
    ['pending', 'describe_host'],
    ['stopping', 'describe_host'],
    ['shutting-down', 'describe_host'],
    ['stopped', 'start_host'],
  ])('while the instance is %s is %s', (state, effect) => {
    const effects = effectsOf(aStart(aHost({ state, agentConnected: false })));
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({ type: effect, instanceId: INSTANCE });
  });

  it('is a look while its agent is silent, and nothing more once it speaks', () => {
    expect(effectsOf(aStart(aHost({ agentConnected: false })))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
    expect(effectsOf(aStart(aHost()))).toEqual([{ type: 'place_run', runId: RUN_ID, attempt: 1 }]);
  });

  it('is its end when it is being replaced, whatever its state', () => {
    for (const state of ['running', 'stopped', 'stopping'] as const)
      expect(effectsOf(aStart(aHost({ state, replacing: true })))).toEqual([
        { type: 'terminate_host', instanceId: INSTANCE },
      ]);
    expect(effectsOf(aStart(aHost({ state: 'shutting-down', replacing: true })))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
  });

  it('names the generation that is started', () => {
    const host = aHost({ state: 'stopped', agentConnected: false, generation: 4 });
    expect(effectsOf(aStart(host))).toEqual([{ type: 'start_host', generation: 4, instanceId: INSTANCE }]);
  });
});

describe('what a stop or destroy owes to its machine', () => {
  it.each<[InstanceState, readonly string[]]>([
    ['running', ['stop_host']],
    ['pending', ['stop_host']],
    ['stopping', ['describe_host']],
    ['shutting-down', ['describe_host']],
    ['stopped', []],
  ])('once the run is gone and the instance is %s is %j', (state, effects) => {
    const host = aHost({ state, agentConnected: false });
    const types = (workbench: Workbench) => effectsOf(workbench).map(({ type }) => type);
    expect(types(stopping({ run: undefined, host }))).toEqual(effects);
    expect(types(stopped({ host }))).toEqual(effects);
  });

  it('that destroys is the end of the machine, in every state but its last', () => {
    for (const state of ['running', 'pending', 'stopping', 'stopped'] as const)
      expect(effectsOf(deleting({ host: aHost({ state }) }))).toEqual([
        { type: 'terminate_host', instanceId: INSTANCE },
      ]);
    expect(effectsOf(deleting({ host: aHost({ state: 'shutting-down' }) }))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
  });

  it('of which it is not known whether it was launched is the same launch again', () => {
    expect(effectsOf(deleting({ host: requested }))).toMatchObject([{ type: 'launch_host', generation: 1 }]);
  });

  it('is nothing while an unexpected task may be on it', () => {
    const unexpectedTasks = [{ taskId: 'task-0', stopRequestedAt: T0 }];
    expect(effectsOf(stopping({ run: undefined, host: aHost(), unexpectedTasks }))).toEqual([
      { type: 'describe_task', taskId: 'task-0' },
    ]);
  });
});

describe('the answer to a launch or start', () => {
  it('is taken in with what the machine offers', () => {
    const host = aHostObservation('running', { agentConnected: true, cpuUnits: 2048, memoryMib: 7800 });
    const after = applyResult(aStart(requested), { type: 'host_accepted', generation: 1, host });
    expect(after.host).toEqual({
      ...requested,
      instanceId: INSTANCE,
      state: 'running',
      agentConnected: true,
      cpuUnits: 2048,
      memoryMib: 7800,
    });
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that it boots is waited for', () => {
    const after = applyResult(aStart(requested), {
      type: 'host_accepted',
      generation: 1,
      host: aHostObservation('pending'),
    });
    expect(after).toMatchObject({ nextDriveAt: T0 + POLICY.pollIntervalMs, failures: 0 });
  });

  it('of another generation, or about another instance, changes nothing', () => {
    const other = aHostObservation('running', { instanceId: 'i-9', agentConnected: true });
    const known = aStart(aHost({ state: 'pending', agentConnected: false }));
    expect(applyResult(known, { type: 'host_accepted', generation: 1, host: other }).host).toEqual(
      known.host,
    );
    expect(
      applyResult(known, { type: 'host_accepted', generation: 2, host: aHostObservation('running') }).host,
    ).toEqual(known.host);
  });

  it('keeps what was known of its size when it does not tell', () => {
    const known = aStart(aHost({ state: 'pending', cpuUnits: 2048, memoryMib: 7800 }));
    const after = applyResult(known, {
      type: 'host_accepted',
      generation: 1,
      host: aHostObservation('pending'),
    });
    expect(after.host).toMatchObject({ cpuUnits: 2048, memoryMib: 7800 });
  });

  it('believes no agent on a machine that does not run', () => {
    const host = aHostObservation('stopping', { agentConnected: true });
    expect(applyResult(aStart(requested), { type: 'host_accepted', generation: 1, host }).host).toMatchObject(
      {
        agentConnected: false,
      },
    );
  });
});

describe('a launch that is refused', () => {
  const refusal = { type: 'host_refused', generation: 1 } as const;

  it('for now is tried again later, under another token, and why is remembered', () => {
    const after = applyResult(aStart(requested), { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...requested, generation: 2 },
      refusal: NO_CAPACITY,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
    expect(after.outbox.at(-1)?.type).toBe('host_replaced');
  });

  it('for good ends the start, with why and without a machine', () => {
    const after = applyResult(aStart(requested), { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped', reason: REFUSED });
    expect(after).not.toHaveProperty('host');
  });

  it('of another generation is no news', () => {
    const before = aStart({ ...requested, generation: 2 });
    const after = applyResult(before, { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'starting', host: before.host });
  });

  it('is all that a stop or destroy waits for: there is no machine', () => {
    const reason = { reason: REFUSED, retryable: true };
    const ended = applyResult(stopping({ run: undefined, host: requested }), { ...refusal, ...reason });
    expect(ended.status).toBe('stopped');
    expect(ended).not.toHaveProperty('host');
    const destroyed = applyResult(deleting({ host: requested }), { ...refusal, ...reason });
    expect(destroyed).not.toHaveProperty('host');
    expect(destroyed).toMatchObject({ status: 'deleting', nextDriveAt: T0 });
  });
});

describe('a start of a machine that is refused', () => {
  const host = aHost({ state: 'stopped', agentConnected: false });
  const refusal = { type: 'host_refused', generation: 1 } as const;

  it('because there is none to be had replaces it', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...host, replacing: true },
      refusal: NO_CAPACITY,
      nextDriveAt: T0,
    });
  });

  it('for good replaces it as well', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'starting', host: { replacing: true }, refusal: REFUSED });
  });

  it('for the moment is looked at again', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: REFUSED, retryable: true });
    expect(after).toMatchObject({
      host,
      refusal: REFUSED,
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      failures: 0,
    });
    expect(after.host).not.toHaveProperty('replacing');
  });

  it('during a stop is looked at again: the machine is there', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    const after = applyResult(ending, { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'stopping',
      host: aHost(),
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
  });
});

describe('a wish that was taken', () => {
  it('to stop or end a machine is noted, and looked after', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    expect(applyResult(ending, { type: 'host_stop_requested', instanceId: INSTANCE })).toMatchObject({
      host: { state: 'stopping', agentConnected: false },
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(
      applyResult(deleting({ host: aHost() }), { type: 'host_termination_requested', instanceId: INSTANCE }),
    ).toMatchObject({ host: { state: 'shutting-down', agentConnected: false } });
  });

  it('about another machine is no news', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    expect(applyResult(ending, { type: 'host_stop_requested', instanceId: 'i-9' }).host).toEqual(aHost());
  });
});

describe('a look at a machine', () => {
  const look = (state: InstanceState, fields: Partial<HostObservation> = {}) =>
    ({ type: 'host_observed', host: aHostObservation(state, fields) }) as const;

  it('that runs and speaks lets a start go on at once', () => {
    const after = applyInput(
      aStart(aHost({ state: 'pending', agentConnected: false })),
      look('running', { agentConnected: true }),
    );
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that has stopped by itself lets a start go on at once: it is to be started', () => {
    const after = applyInput(
      aStart(aHost({ agentConnected: false, state: 'pending' }), { nextDriveAt: T0 + MINUTE }),
      look('stopped'),
    );
    expect(after).toMatchObject({ host: { state: 'stopped' }, nextDriveAt: T0 });
  });

  it('that is on its way is looked at again', () => {
    const after = applyInput(
      aStart(aHost({ state: 'pending', agentConnected: false }), { nextDriveAt: T0 + MINUTE }),
      look('running'),
    );
    expect(after).toMatchObject({ nextDriveAt: T0 + POLICY.pollIntervalMs });
  });

  it('of another one is no news', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, look('terminated', { instanceId: 'i-9' }))).toBe(before);
    expect(applyInput(running(), look('terminated'))).toEqual(running());
  });

  it('that has stopped under a run ends the run, and its machine stays', () => {
    const after = applyInput(running({ host: aHost() }), look('stopped'));
    expect(after).toMatchObject({
      status: 'stopped',
      reason: {
        code: 'instance_lost',
        message: 'The machine it ran on stopped or was lost. Start it again.',
      },
      host: { state: 'stopped' },
    });
  });

  it('that is terminated under a run ends the run, and there is no machine any more', () => {
    for (const workbench of [running({ host: aHost() }), pending({ host: aHost() })]) {
      const after = applyInput(workbench, look('terminated'));
      expect(after).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
      expect(after).not.toHaveProperty('host');
    }
  });

  it('that is terminated before anything ran on it launches another', () => {
    const after = applyInput(aStart(aHost({ state: 'pending', generation: 2 })), look('terminated'));
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...requested, generation: 3 },
      nextDriveAt: T0,
      failures: 0,
    });
    expect(after.host).not.toHaveProperty('instanceId');
  });

  it('that is terminated with an issued run leaves that run to be resolved', () => {
    const after = applyInput(aStart(aHost(), { run: issuedRun() }), look('terminated'));
    expect(after).toMatchObject({ status: 'starting', run: { phase: 'issued' }, host: { generation: 2 } });
  });

  it('that has stopped ends a stop', () => {
    const ending = stopping({ run: undefined, host: aHost({ state: 'stopping' }) });
    expect(applyInput(ending, look('stopped'))).toMatchObject({
      status: 'stopped',
      host: { state: 'stopped' },
    });
    expect(applyInput(ending, look('stopping')).status).toBe('stopping');
    expect(applyInput(ending, look('terminated'))).not.toHaveProperty('host');
  });

  it('that has stopped proves the end of the task of a stop', () => {
    const after = applyInput(stopping({ host: aHost() }), look('stopped'));
    expect(after).toMatchObject({ status: 'stopped', lastTaskId: 'task-1' });
    expect(after).not.toHaveProperty('reason');
  });

  it('that has ended leaves an issued run to be resolved: there may be a task of it elsewhere', () => {
    const ending = stopping({ run: issuedRun(), host: aHost() });
    expect(applyInput(ending, look('stopped'))).toMatchObject({
      status: 'stopping',
      run: { phase: 'issued' },
    });
    expect(applyInput(ending, look('terminated'))).toMatchObject({
      status: 'stopping',
      run: { phase: 'issued' },
    });
  });

  it('that has stopped lets a destroy go on at once: it is to be ended', () => {
    const ending = deleting({ host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE });
    expect(applyInput(ending, look('stopped'))).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that is still there keeps a stop looking', () => {
    const ending = stopping({ run: undefined, host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE });
    expect(applyInput(ending, look('running'))).toMatchObject({ nextDriveAt: T0 + POLICY.pollIntervalMs });
  });

  it('that is gone lets a destroy go on at once', () => {
    const ending = deleting({ host: aHost({ state: 'shutting-down' }), nextDriveAt: T0 + MINUTE });
    const after = applyInput(ending, look('terminated'));
    expect(after).not.toHaveProperty('host');
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that is stopped where it should be running, or runs where it should be stopped, is looked after', () => {
    const asleep = applyInput(running({ host: aHost() }), look('running', { agentConnected: false }));
    expect(asleep).toMatchObject({ status: 'running', nextDriveAt: T0 + POLICY.pollIntervalMs });
    const awake = applyInput(
      stopped({ host: aHost({ state: 'stopped', agentConnected: false }) }),
      look('running'),
    );
    expect(awake).toMatchObject({ status: 'stopped', nextDriveAt: T0 + POLICY.pollIntervalMs });
    const later = { host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE };
    expect(applyInput(stopped(later), look('running'))).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(effectsOf(awake)).toEqual([{ type: 'stop_host', instanceId: INSTANCE }]);
  });

  it('that is as it should be changes nothing', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, look('running', { agentConnected: true }))).toBe(before);
    const asleep = stopped({ host: aHost({ state: 'stopped', agentConnected: false }) });
    expect(applyInput(asleep, look('stopped'))).toBe(asleep);
  });

  it('that is terminated while stopped leaves it without a machine, to be launched with the next start', () => {
    const before = stopped({
      ...{ spec: SPEC, stoppedAt: T0 - MINUTE, reason: REFUSED },
      host: aHost({ state: 'stopped', agentConnected: false }),
    });
    const after = applyInput(before, look('terminated'));
    expect(after).not.toHaveProperty('host');
    expect(after).toMatchObject({ status: 'stopped', stoppedAt: T0 - MINUTE, reason: REFUSED });
    const again = applyInput(after, { type: 'start', runId: 'new-run', by: 'ada' });
    // Under another token: that of the first generation may still answer the machine that is no more.
    expect(again).toMatchObject({ host: { ...requested, generation: 2 } });
  });
});

describe('an event about a machine', () => {
  const hint = (fields: Partial<HostObservation>) =>
    ({ type: 'host_hint', host: aHostObservation('running', { agentConnected: true, ...fields }) }) as const;

  it('is a reason to look when it is not as recorded', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, hint({ state: 'stopped' }))).toMatchObject({ nextDriveAt: T0, host: aHost() });
    expect(applyInput(before, hint({ agentConnected: false }))).toMatchObject({ nextDriveAt: T0 });
  });

  it('is none when it is, or when it is another machine', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, hint({}))).toBe(before);
    expect(applyInput(before, hint({ instanceId: 'i-9', state: 'stopped' }))).toBe(before);
  });
});

describe('a run on a dedicated machine', () => {
  it('is given the whole of it, once it is known how much that is', () => {
    const placed = {
      type: 'run_placed',
      ...{ runId: RUN_ID, attempt: 1 },
      placement: { kind: 'host', instanceId: INSTANCE },
    } as const;
    const whole = aStart(aHost({ cpuUnits: 2048, memoryMib: 7800 }));
    expect(applyResult(whole, placed)).toMatchObject({
      run: { phase: 'issued', input: { cpuUnits: 2048, memoryMib: 7800, gpuCount: 0 } },
    });
    expect(applyResult(aStart(aHost()), placed)).toMatchObject({
      run: { input: { cpuUnits: 1024, memoryMib: 2048 } },
    });
  });

  it('looks at task and machine while it is on its way', () => {
    const look = [
      { type: 'describe_task', taskId: 'task-1' },
      { type: 'describe_host', instanceId: INSTANCE },
    ];
    expect(effectsOf(pending({ host: aHost() }))).toEqual(look);
    expect(effectsOf(pending())).toEqual([{ type: 'describe_task', taskId: 'task-1' }]);
  });

  it('that is overdue ends the machine, after the patience with silent ones, and not twice', () => {
    const ending = stopping({ host: aHost(), run: acceptedRun({ stopRequestedAt: T0 }) });
    const at = (now: number, workbench: Workbench = ending) =>
      step({ ...workbench, nextDriveAt: now, updatedAt: now }, { type: 'tick' }, now).effects.map(
        ({ type }) => type,
      );
    const over = ending.deadlineAt + POLICY.agentSilentTimeoutMs;
    expect(at(over - 1)).toEqual(['stop_task', 'describe_host']);
    expect(at(over)).toEqual(['stop_task', 'terminate_host']);
    expect(at(over, stopping({ ...ending, host: aHost({ state: 'shutting-down' }) }))).toEqual([
      'stop_task',
      'describe_host',
    ]);
  });

  it('whose machine has been silent for long ends the machine before it is overdue', () => {
    const ending = stopping({
      host: aHost(),
      run: acceptedRun({ stopRequestedAt: T0, agentSilentSince: T0 - POLICY.agentSilentTimeoutMs }),
    });
    expect(effectsOf(ending)).toEqual([
      { type: 'describe_task', taskId: 'task-1' },
      { type: 'terminate_host', instanceId: INSTANCE },
    ]);
  });
});

describe('what was seen of a machine before its record moved on', () => {
  const onIt = () => running({ revision: 7, spec: SPEC, host: aHost({ instanceId: INSTANCE }) });
  const host = aHostObservation('stopped');

  it('ends no run: it is a reason to look again, and nothing more', () => {
    const after = applyInput(onIt(), { type: 'host_observed', host, asOfRevision: 6 });
    expect(after).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
  });

  it('nor does it as what an older revision owed', () => {
    const outcomes = [{ type: 'host_observed', host }] as const;
    const after = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(after).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
  });

  it('nor does it as the late answer to a launch', () => {
    const outcomes = [{ type: 'host_accepted', generation: 1, host }] as const;
    const late = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(late).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
    const inTime = applyInput(onIt(), { type: 'outcomes', revision: 7, outcomes });
    expect(inTime).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('nor does a late refusal give a machine up: it is asked again', () => {
    const outcomes = [{ type: 'host_refused', generation: 1, reason: NO_CAPACITY, retryable: true }] as const;
    const begun = aStart(aHost({ instanceId: INSTANCE, state: 'stopped' }), { revision: 7 });
    const late = applyInput(begun, { type: 'outcomes', revision: 6, outcomes });
    expect(late.host).not.toHaveProperty('replacing');
    expect(applyInput(begun, { type: 'outcomes', revision: 7, outcomes })).toMatchObject({
      host: { replacing: true },
    });
  });

  it('nor is a task counted as missing that a late look did not find', () => {
    const outcomes = [{ type: 'task_missing', taskId: 'task-1' }] as const;
    const late = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(late).not.toHaveProperty('run.missingSince');
    expect(late.nextDriveAt).toBe(T0);
  });

  it('counts when it says that the machine was begun: it has to be ended again', () => {
    const outcomes = [{ type: 'host_accepted', generation: 1, host: aHostObservation('pending') }] as const;
    const ended = stopped({
      revision: 7,
      spec: SPEC,
      host: aHost({ instanceId: INSTANCE, state: 'stopped' }),
    });
    expect(applyInput(ended, { type: 'outcomes', revision: 6, outcomes })).toMatchObject({
      status: 'stopped',
      host: { state: 'pending' },
    });
  });

  it('counts when the record is still the same', () => {
    const after = applyInput(onIt(), { type: 'host_observed', host, asOfRevision: 7 });
    expect(after).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });
});

describe('a start that is taken back while its machine is on record as stopped', () => {
  const host = aHost({ instanceId: INSTANCE, state: 'stopped', agentConnected: false });
  const begun = () =>
    step(
      aStart(host, { run: { phase: 'preparing', runId: RUN_ID, attempt: 1 } }),
      { type: 'stop', by: 'ada' },
      T0,
    );

  it('is not over before somebody has looked: the machine may have been started', () => {
    const { workbench, effects } = begun();
    expect(workbench).toMatchObject({ status: 'stopping', desired: 'stopped' });
    expect(effects).toEqual([{ type: 'describe_host', instanceId: INSTANCE }]);
  });

  it('stops a machine that was', () => {
    const { workbench } = begun();
    const { revision } = workbench;
    const outcomes = [{ type: 'host_observed', host: aHostObservation('pending') }] as const;
    const after = applyInput(workbench, { type: 'outcomes', revision, outcomes });
    const { effects } = step(after, { type: 'tick' }, T0 + POLICY.pollIntervalMs);
    expect(effects).toEqual([{ type: 'stop_host', instanceId: INSTANCE }]);
  });

  it('is over when it was not', () => {
    const { workbench } = begun();
    expect(
      applyResult(workbench, { type: 'host_observed', host: aHostObservation('stopped') }),
    ).toMatchObject({
      status: 'stopped',
    });
  });
});
