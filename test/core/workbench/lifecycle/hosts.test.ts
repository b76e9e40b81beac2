import { describe, expect, it } from 'vitest';
import type { HostObservation, InstanceState } from '#core/ports/host-fleet.ts';
import type { EffectResult, Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, type Host, type Starting, type Workbench } from '#core/workbench/workbench.ts';
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

/** The pending effects at the due time. */
function effectsOf(workbench: Workbench) {
  return step({ ...workbench, nextDriveAt: T0 }, { type: 'tick' }, T0).effects;
}

describe('the effects of a start on its host', () => {
  it('are a launch with the token of its generation until the instance id is known', () => {
    expect(effectsOf(aStart({ ...requested, generation: 3 }))).toEqual([
      { type: 'launch_host', generation: 3, instanceType: 'm7i.large', token: `${ID}/host/3` },
    ]);
  });

  it.each<[InstanceState, string]>([
    ['pending', 'describe_host'],
    ['stopping', 'describe_host'],
    ['shutting-down', 'describe_host'],
    ['stopped', 'start_host'],
  ])('with instance state %s are %s', (state, effect) => {
    const effects = effectsOf(aStart(aHost({ state, agentConnected: false })));
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({ type: effect, instanceId: INSTANCE });
  });

  it('are polls while its agent is silent, and none once it is connected', () => {
    expect(effectsOf(aStart(aHost({ agentConnected: false })))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
    expect(effectsOf(aStart(aHost()))).toEqual([{ type: 'place_run', runId: RUN_ID, attempt: 1 }]);
  });

  it('are its termination if it is being replaced, in any state', () => {
    for (const state of ['running', 'stopped', 'stopping'] as const)
      expect(effectsOf(aStart(aHost({ state, replacing: true })))).toEqual([
        { type: 'terminate_host', instanceId: INSTANCE },
      ]);
    expect(effectsOf(aStart(aHost({ state: 'shutting-down', replacing: true })))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
  });

  it('name the generation that is started', () => {
    const host = aHost({ state: 'stopped', agentConnected: false, generation: 4 });
    expect(effectsOf(aStart(host))).toEqual([{ type: 'start_host', generation: 4, instanceId: INSTANCE }]);
  });
});

describe('the effects of a stop or deletion on its host', () => {
  it.each<[InstanceState, readonly string[]]>([
    ['running', ['stop_host']],
    ['pending', ['stop_host']],
    ['stopping', ['describe_host']],
    ['shutting-down', ['describe_host']],
    ['stopped', []],
  ])('without a run and with instance state %s are %j', (state, effects) => {
    const host = aHost({ state, agentConnected: false });
    const types = (workbench: Workbench) => effectsOf(workbench).map(({ type }) => type);
    expect(types(stopping({ run: undefined, host }))).toEqual(effects);
    expect(types(stopped({ host }))).toEqual(effects);
  });

  it('are its termination for a deletion, in every state but shutting-down', () => {
    for (const state of ['running', 'pending', 'stopping', 'stopped'] as const)
      expect(effectsOf(deleting({ host: aHost({ state }) }))).toEqual([
        { type: 'terminate_host', instanceId: INSTANCE },
      ]);
    expect(effectsOf(deleting({ host: aHost({ state: 'shutting-down' }) }))).toEqual([
      { type: 'describe_host', instanceId: INSTANCE },
    ]);
  });

  it('are the same launch again if the outcome of the launch is unknown', () => {
    expect(effectsOf(deleting({ host: requested }))).toMatchObject([{ type: 'launch_host', generation: 1 }]);
  });

  it('are none while an unexpected task may run on it', () => {
    const unexpectedTasks = [{ taskId: 'task-0', stopRequestedAt: T0 }];
    expect(effectsOf(stopping({ run: undefined, host: aHost(), unexpectedTasks }))).toEqual([
      { type: 'describe_task', taskId: 'task-0' },
    ]);
  });
});

describe('the result of a launch or start', () => {
  it('is applied with the capacity of the instance', () => {
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

  it('of a booting instance is followed by polling', () => {
    const after = applyResult(aStart(requested), {
      type: 'host_accepted',
      generation: 1,
      host: aHostObservation('pending'),
    });
    expect(after).toMatchObject({ nextDriveAt: T0 + POLICY.pollIntervalMs, failures: 0 });
  });

  it('of another generation or another instance changes nothing', () => {
    const other = aHostObservation('running', { instanceId: 'i-9', agentConnected: true });
    const known = aStart(aHost({ state: 'pending', agentConnected: false }));
    expect(applyResult(known, { type: 'host_accepted', generation: 1, host: other }).host).toEqual(
      known.host,
    );
    expect(
      applyResult(known, { type: 'host_accepted', generation: 2, host: aHostObservation('running') }).host,
    ).toEqual(known.host);
  });

  it('keeps the known capacity if it contains none', () => {
    const known = aStart(aHost({ state: 'pending', cpuUnits: 2048, memoryMib: 7800 }));
    const after = applyResult(known, {
      type: 'host_accepted',
      generation: 1,
      host: aHostObservation('pending'),
    });
    expect(after.host).toMatchObject({ cpuUnits: 2048, memoryMib: 7800 });
  });

  it('ignores a connected agent on an instance that does not run', () => {
    const host = aHostObservation('stopping', { agentConnected: true });
    expect(applyResult(aStart(requested), { type: 'host_accepted', generation: 1, host }).host).toMatchObject(
      {
        agentConnected: false,
      },
    );
  });
});

describe('a refused launch', () => {
  const refusal = { type: 'host_refused', generation: 1 } as const;

  it('that is retryable is retried later with another token, and its reason is stored', () => {
    const after = applyResult(aStart(requested), { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...requested, generation: 2, launchAfter: T0 + POLICY.startRetryMs },
      refusal: NO_CAPACITY,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
    expect(after.outbox.at(-1)?.type).toBe('host_replaced');
  });

  it('that is permanent ends the start with its reason and without a host', () => {
    const after = applyResult(aStart(requested), { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped', reason: REFUSED });
    expect(after).not.toHaveProperty('host');
  });

  it('of another generation is ignored', () => {
    const before = aStart({ ...requested, generation: 2 });
    const after = applyResult(before, { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'starting', host: before.host });
  });

  it('finishes a stop or deletion, because there is no instance', () => {
    const reason = { reason: REFUSED, retryable: true };
    const ended = applyResult(stopping({ run: undefined, host: requested }), { ...refusal, ...reason });
    expect(ended.status).toBe('stopped');
    expect(ended).not.toHaveProperty('host');
    const deleted = applyResult(deleting({ host: requested }), { ...refusal, ...reason });
    expect(deleted).not.toHaveProperty('host');
    expect(deleted).toMatchObject({ status: 'deleting', nextDriveAt: T0 });
  });
});

describe('a refused start of a host', () => {
  const host = aHost({ state: 'stopped', agentConnected: false });
  const refusal = { type: 'host_refused', generation: 1 } as const;

  it('for lack of capacity replaces the host', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...host, replacing: true },
      refusal: NO_CAPACITY,
      nextDriveAt: T0,
    });
  });

  it('that is permanent replaces the host', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: REFUSED, retryable: false });
    expect(after).toMatchObject({ status: 'starting', host: { replacing: true }, refusal: REFUSED });
  });

  it('that is temporary is followed by polling', () => {
    const after = applyResult(aStart(host), { ...refusal, reason: REFUSED, retryable: true });
    expect(after).toMatchObject({
      host,
      refusal: REFUSED,
      nextDriveAt: T0 + POLICY.pollIntervalMs,
      failures: 0,
    });
    expect(after.host).not.toHaveProperty('replacing');
  });

  it('during a stop is followed by polling, because the host exists', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    const after = applyResult(ending, { ...refusal, reason: NO_CAPACITY, retryable: true });
    expect(after).toMatchObject({
      status: 'stopping',
      host: aHost(),
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
  });
});

describe('an accepted stop or termination', () => {
  it('is stored and followed by polling', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    expect(applyResult(ending, { type: 'host_stop_requested', instanceId: INSTANCE })).toMatchObject({
      host: { state: 'stopping', agentConnected: false },
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(
      applyResult(deleting({ host: aHost() }), { type: 'host_termination_requested', instanceId: INSTANCE }),
    ).toMatchObject({ host: { state: 'shutting-down', agentConnected: false } });
  });

  it('of another host is ignored', () => {
    const ending = stopping({ run: undefined, host: aHost() });
    expect(applyResult(ending, { type: 'host_stop_requested', instanceId: 'i-9' }).host).toEqual(aHost());
  });
});

describe('an observed host', () => {
  const observation = (state: InstanceState, fields: Partial<HostObservation> = {}) =>
    ({ type: 'host_observed', host: aHostObservation(state, fields) }) as const;

  it('that runs with a connected agent lets a start continue at once', () => {
    const after = applyInput(
      aStart(aHost({ state: 'pending', agentConnected: false })),
      observation('running', { agentConnected: true }),
    );
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that has stopped on its own lets a start continue at once with a start of the host', () => {
    const after = applyInput(
      aStart(aHost({ agentConnected: false, state: 'pending' }), { nextDriveAt: T0 + MINUTE }),
      observation('stopped'),
    );
    expect(after).toMatchObject({ host: { state: 'stopped' }, nextDriveAt: T0 });
  });

  it('that changes its state is polled', () => {
    const after = applyInput(
      aStart(aHost({ state: 'pending', agentConnected: false }), { nextDriveAt: T0 + MINUTE }),
      observation('running'),
    );
    expect(after).toMatchObject({ nextDriveAt: T0 + POLICY.pollIntervalMs });
  });

  it('of another workbench is ignored', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, observation('terminated', { instanceId: 'i-9' }))).toBe(before);
    expect(applyInput(running(), observation('terminated'))).toEqual(running());
  });

  it('that has stopped ends the run and stays in the record', () => {
    const after = applyInput(running({ host: aHost() }), observation('stopped'));
    expect(after).toMatchObject({
      status: 'stopped',
      reason: {
        code: 'instance_lost',
        message: 'The instance of the workbench stopped or was lost. Start the workbench again.',
      },
      host: { state: 'stopped' },
    });
  });

  it('that is terminated ends the run and is removed from the record', () => {
    for (const workbench of [running({ host: aHost() }), pending({ host: aHost(), failedStarts: 2 })]) {
      const after = applyInput(workbench, observation('terminated'));
      expect(after).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
      expect(after).not.toHaveProperty('host');
    }
  });

  it('that is terminated after it was ready is followed by another launch at once', () => {
    const host = aHost({ state: 'pending', generation: 2, cpuUnits: 2048 });
    const after = applyInput(aStart(host), observation('terminated'));
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...requested, generation: 3 },
      nextDriveAt: T0,
      failures: 0,
    });
    expect(after.host).not.toHaveProperty('instanceId');
  });

  it('that is terminated leaves an issued run to be resolved', () => {
    const host = aHost({ cpuUnits: 2048 });
    const after = applyInput(aStart(host, { run: issuedRun() }), observation('terminated'));
    expect(after).toMatchObject({ status: 'starting', run: { phase: 'issued' }, host: { generation: 2 } });
  });

  it('that has stopped finishes a stop', () => {
    const ending = stopping({ run: undefined, host: aHost({ state: 'stopping' }) });
    expect(applyInput(ending, observation('stopped'))).toMatchObject({
      status: 'stopped',
      host: { state: 'stopped' },
    });
    expect(applyInput(ending, observation('stopping')).status).toBe('stopping');
    expect(applyInput(ending, observation('terminated'))).not.toHaveProperty('host');
  });

  it('that has stopped proves the end of the task during a stop', () => {
    const after = applyInput(stopping({ host: aHost() }), observation('stopped'));
    expect(after).toMatchObject({ status: 'stopped', lastTaskId: 'task-1' });
    expect(after).not.toHaveProperty('reason');
  });

  it('that has ended leaves an issued run to be resolved, because its task may be elsewhere', () => {
    const ending = stopping({ run: issuedRun(), host: aHost() });
    expect(applyInput(ending, observation('stopped'))).toMatchObject({
      status: 'stopping',
      run: { phase: 'issued' },
    });
    expect(applyInput(ending, observation('terminated'))).toMatchObject({
      status: 'stopping',
      run: { phase: 'issued' },
    });
  });

  it('that has stopped lets a deletion continue at once with its termination', () => {
    const ending = deleting({ host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE });
    expect(applyInput(ending, observation('stopped'))).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that still exists is polled during a stop', () => {
    const ending = stopping({ run: undefined, host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE });
    expect(applyInput(ending, observation('running'))).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
  });

  it('that is terminated lets a deletion continue at once', () => {
    const ending = deleting({ host: aHost({ state: 'shutting-down' }), nextDriveAt: T0 + MINUTE });
    const after = applyInput(ending, observation('terminated'));
    expect(after).not.toHaveProperty('host');
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
  });

  it('that is stopped under a running workbench, or runs under a stopped one, is polled', () => {
    const disconnected = applyInput(
      running({ host: aHost() }),
      observation('running', { agentConnected: false }),
    );
    expect(disconnected).toMatchObject({ status: 'running', nextDriveAt: T0 + POLICY.pollIntervalMs });
    const awake = applyInput(
      stopped({ host: aHost({ state: 'stopped', agentConnected: false }) }),
      observation('running'),
    );
    expect(awake).toMatchObject({ status: 'stopped', nextDriveAt: T0 + POLICY.pollIntervalMs });
    const later = { host: aHost({ state: 'stopping' }), nextDriveAt: T0 + MINUTE };
    expect(applyInput(stopped(later), observation('running'))).toMatchObject({
      nextDriveAt: T0 + POLICY.pollIntervalMs,
    });
    expect(effectsOf(awake)).toEqual([{ type: 'stop_host', instanceId: INSTANCE }]);
  });

  it('in the desired state changes nothing', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, observation('running', { agentConnected: true }))).toBe(before);
    const disconnected = stopped({ host: aHost({ state: 'stopped', agentConnected: false }) });
    expect(applyInput(disconnected, observation('stopped'))).toBe(disconnected);
  });

  it('that is terminated under a stopped workbench is removed, and the next start launches another', () => {
    const before = stopped({
      ...{ spec: SPEC, stoppedAt: T0 - MINUTE, reason: REFUSED },
      host: aHost({ state: 'stopped', agentConnected: false }),
    });
    const after = applyInput(before, observation('terminated'));
    expect(after).not.toHaveProperty('host');
    expect(after).toMatchObject({ status: 'stopped', stoppedAt: T0 - MINUTE, reason: REFUSED });
    const again = applyInput(after, { type: 'start', runId: 'new-run', by: 'ada' });
    // The token differs: the token of the first generation may still return the terminated instance.
    expect(again).toMatchObject({ host: { ...requested, generation: 2 } });
  });
});

describe('a launch whose instance ends before it was ready', () => {
  const stateReason = 'Client.VolumeLimitExceeded: Volume limit exceeded';
  const reason = {
    code: 'start_refused',
    message: 'The new instance ended before it was ready: Client.VolumeLimitExceeded: Volume limit exceeded',
  };
  const ended = { type: 'host_observed', host: aHostObservation('terminated', { stateReason }) } as const;
  const booting = (fields: Partial<Host> = {}) =>
    aStart(aHost({ state: 'pending', agentConnected: false, ...fields }));

  it('is followed by another one after the retry interval, and its reason is stored', () => {
    // The record would have been due earlier.
    const after = applyInput({ ...booting(), nextDriveAt: T0 + 1000 }, ended);
    expect(after).toMatchObject({
      status: 'starting',
      host: { ...requested, generation: 2, failedLaunches: 1, launchAfter: T0 + POLICY.startRetryMs },
      refusal: reason,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
    expect(after.host).not.toHaveProperty('instanceId');
  });

  it('is not repeated earlier if the record is driven earlier', () => {
    const after = { ...applyInput(booting(), ended), nextDriveAt: T0 + 1000 } as Workbench;
    const early = step(after, { type: 'tick' }, T0 + POLICY.startRetryMs - 1);
    expect(early.effects).toEqual([]);
    expect(early.workbench.host).toHaveProperty('launchAfter');
    expect(dueAt(early.workbench)).toBeLessThanOrEqual(T0 + POLICY.startRetryMs);
    const due = step(early.workbench, { type: 'tick' }, T0 + POLICY.startRetryMs);
    expect(due.effects).toMatchObject([{ type: 'launch_host', generation: 2 }]);
    // The record is written without the field before the launch is sent.
    expect(due.workbench.host).not.toHaveProperty('launchAfter');
    expect(due.workbench.revision).toBe(early.workbench.revision + 1);
  });

  it('that is not delayed does not make the record due', () => {
    for (const workbench of [
      booting(),
      running({ host: { ...requested, instanceId: 'i-1', state: 'running' } }),
    ]) {
      const { nextDriveAt: _due, ...rest } = workbench;
      const { workbench: after } = step(rest as Workbench, { type: 'tick' }, T0 + 1);
      expect(after).not.toHaveProperty('nextDriveAt');
    }
  });

  it('ends the start with the reason after three launches', () => {
    let workbench: Workbench = booting();
    for (const launches of [1, 2]) {
      workbench = applyInput(workbench, ended);
      expect(workbench).toMatchObject({ status: 'starting', host: { failedLaunches: launches } });
      const at = T0 + launches * POLICY.startRetryMs;
      workbench = applyInput({ ...workbench, updatedAt: at } as Workbench, { type: 'tick' }, at);
      const { revision, host } = workbench;
      workbench = applyInput(workbench, {
        type: 'outcomes',
        revision,
        outcomes: [
          { type: 'host_accepted', generation: host?.generation ?? 0, host: aHostObservation('pending') },
        ],
      });
      expect(workbench.host).toMatchObject({ instanceId: INSTANCE, failedLaunches: launches });
    }
    const after = applyInput(workbench, ended);
    expect(after).toMatchObject({ status: 'stopped', desired: 'stopped', reason, lastHostGeneration: 3 });
    expect(after).not.toHaveProperty('host');
  });

  it('says so if EC2 gives no reason', () => {
    const silent = { type: 'host_observed', host: aHostObservation('terminated') } as const;
    expect(applyInput(booting(), silent)).toMatchObject({
      refusal: { message: 'The new instance ended before it was ready: EC2 gives no reason.' },
    });
  });

  it('no longer counts once a host was ready', () => {
    const observed = (fields: Partial<HostObservation>) =>
      applyInput(booting({ failedLaunches: 2 }), {
        type: 'host_observed',
        host: aHostObservation('running', fields),
      }).host;
    expect(observed({})).toMatchObject({ failedLaunches: 2 });
    expect(observed({ agentConnected: true })).not.toHaveProperty('failedLaunches');
  });

  it('does not count a host that was terminated on request before the start, nor uses it again', () => {
    const requestedBefore = { type: 'host_termination_requested', instanceId: INSTANCE } as const;
    const { host } = applyResult(stopping({ host: booting().host as Host }), requestedBefore);
    const start = aStart(host as Host);
    const shown = {
      type: 'host_observed',
      host: aHostObservation('running', { agentConnected: true }),
    } as const;
    expect(
      step({ ...applyInput(start, shown), nextDriveAt: T0 }, { type: 'tick' }, T0).effects,
    ).toMatchObject([{ type: 'terminate_host', instanceId: INSTANCE }]);
    const after = applyInput(start, ended);
    expect(after).toMatchObject({ host: { ...requested, generation: 2 }, nextDriveAt: T0 });
    expect(after.host).not.toHaveProperty('failedLaunches');
    expect(after).not.toHaveProperty('refusal');
  });

  it('does not count a host that is being replaced', () => {
    const after = applyInput(booting({ replacing: true }), ended);
    expect(after).toMatchObject({ host: { ...requested, generation: 2 }, nextDriveAt: T0 });
    expect(after.host).not.toHaveProperty('failedLaunches');
  });

  it.each([
    ['stop', 'stopped'],
    ['delete', 'deleting'],
  ] as const)('waits without a host: a %s in the meantime launches nothing', (type, status) => {
    const after = step(applyInput(booting(), ended), { type, by: 'ada' }, T0 + 1000);
    expect(after.workbench).toMatchObject({ status, lastHostGeneration: 2 });
    expect(after.workbench).not.toHaveProperty('host');
    expect(after.effects.map(({ type }) => type)).not.toContain('launch_host');
  });

  it('is sent again by a stop if an older version may have sent it', () => {
    // Older versions do not know the field and keep it.
    const host = { ...requested, generation: 2, launchAfter: T0 + MINUTE };
    expect(effectsOf(stopping({ run: undefined, host }))).toMatchObject([{ type: 'launch_host' }]);
  });
});

describe('an event of a host', () => {
  const hint = (fields: Partial<HostObservation>) =>
    ({ type: 'host_hint', host: aHostObservation('running', { agentConnected: true, ...fields }) }) as const;

  it('makes the record due if it differs from the record', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, hint({ state: 'stopped' }))).toMatchObject({ nextDriveAt: T0, host: aHost() });
    expect(applyInput(before, hint({ agentConnected: false }))).toMatchObject({ nextDriveAt: T0 });
  });

  it('that a host was started after its workbench had stopped leads to a read of the host, and to its stop', () => {
    const before = stopped({ host: aHost({ state: 'stopped', agentConnected: false }) });
    for (const state of ['pending', 'running'] as const) {
      const noticed = step(before, hint({ state, agentConnected: false }), T0);
      expect(noticed.workbench).toMatchObject({ status: 'stopped', host: { state: 'unknown' } });
      expect(noticed.effects).toEqual([{ type: 'describe_host', instanceId: INSTANCE }]);
      const read = { type: 'host_observed', host: aHostObservation('running') } as const;
      const due = { ...applyResult(noticed.workbench, read), nextDriveAt: T0 };
      expect(step(due, { type: 'tick' }, T0).effects).toEqual([{ type: 'stop_host', instanceId: INSTANCE }]);
    }
    // A late event of the stop itself.
    expect(applyInput(before, hint({ state: 'stopping', agentConnected: false })).host).toEqual(before.host);
  });

  it('is ignored if it equals the record or names another host', () => {
    const before = running({ host: aHost() });
    expect(applyInput(before, hint({}))).toBe(before);
    expect(applyInput(before, hint({ instanceId: 'i-9', state: 'stopped' }))).toBe(before);
  });
});

describe('a run on a host', () => {
  it('gets the whole capacity of the host once that is known', () => {
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

  it('polls both task and host during a start', () => {
    const polls = [
      { type: 'describe_task', taskId: 'task-1' },
      { type: 'describe_host', instanceId: INSTANCE },
    ];
    expect(effectsOf(pending({ host: aHost() }))).toEqual(polls);
    expect(effectsOf(pending())).toEqual([{ type: 'describe_task', taskId: 'task-1' }]);
  });

  it('terminates the host once if the stop is overdue by more than the agent timeout', () => {
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

  it('terminates the host before the stop is overdue if its agent is silent for longer than the timeout', () => {
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

describe('a stale observation of a host', () => {
  const onIt = () => running({ revision: 7, spec: SPEC, host: aHost({ instanceId: INSTANCE }) });
  const host = aHostObservation('stopped');

  it('ends no run and only makes the record due', () => {
    const after = applyInput(onIt(), { type: 'host_observed', host, asOfRevision: 6 });
    expect(after).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
  });

  it('ends no run as an outcome of an older revision either', () => {
    const outcomes = [{ type: 'host_observed', host }] as const;
    const after = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(after).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
  });

  it('ends no run as a stale result of a launch either', () => {
    const outcomes = [{ type: 'host_accepted', generation: 1, host }] as const;
    const late = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(late).toMatchObject({ status: 'running', host: { state: 'running' }, nextDriveAt: T0 });
    const inTime = applyInput(onIt(), { type: 'outcomes', revision: 7, outcomes });
    expect(inTime).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });

  it('that is a refusal does not replace the host, which is read again', () => {
    const outcomes = [{ type: 'host_refused', generation: 1, reason: NO_CAPACITY, retryable: true }] as const;
    const begun = aStart(aHost({ instanceId: INSTANCE, state: 'stopped' }), { revision: 7 });
    const late = applyInput(begun, { type: 'outcomes', revision: 6, outcomes });
    expect(late.host).not.toHaveProperty('replacing');
    expect(applyInput(begun, { type: 'outcomes', revision: 7, outcomes })).toMatchObject({
      host: { replacing: true },
    });
  });

  it('does not count the task as missing', () => {
    const outcomes = [{ type: 'task_missing', taskId: 'task-1' }] as const;
    const late = applyInput(onIt(), { type: 'outcomes', revision: 6, outcomes });
    expect(late).not.toHaveProperty('run.missingSince');
    expect(late.nextDriveAt).toBe(T0);
  });

  it('of a successful launch is applied, because that instance must be stopped again', () => {
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

  it('is applied if the revision is unchanged', () => {
    const after = applyInput(onIt(), { type: 'host_observed', host, asOfRevision: 7 });
    expect(after).toMatchObject({ status: 'stopped', reason: { code: 'instance_lost' } });
  });
});

describe('a start that is cancelled while the record says that its host is stopped', () => {
  const host = aHost({ instanceId: INSTANCE, state: 'stopped', agentConnected: false });
  const begun = () =>
    step(
      aStart(host, { run: { phase: 'preparing', runId: RUN_ID, attempt: 1 } }),
      { type: 'stop', by: 'ada' },
      T0,
    );

  it('is not finished before the host was read, because the start may have been sent', () => {
    const { workbench, effects } = begun();
    expect(workbench).toMatchObject({ status: 'stopping', desired: 'stopped' });
    expect(effects).toEqual([{ type: 'describe_host', instanceId: INSTANCE }]);
  });

  it('stops a host that was started', () => {
    const { workbench } = begun();
    const { revision } = workbench;
    const outcomes = [{ type: 'host_observed', host: aHostObservation('pending') }] as const;
    const after = applyInput(workbench, { type: 'outcomes', revision, outcomes });
    const { effects } = step(after, { type: 'tick' }, T0 + POLICY.pollIntervalMs);
    expect(effects).toEqual([{ type: 'stop_host', instanceId: INSTANCE }]);
  });

  it('is finished if the host was not started', () => {
    const { workbench } = begun();
    expect(
      applyResult(workbench, { type: 'host_observed', host: aHostObservation('stopped') }),
    ).toMatchObject({
      status: 'stopped',
    });
  });
});
