import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectResult, Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import {
  decodeRecord,
  encodeRecord,
  type RecordFormat,
  type StoredRecord,
  type Upgrade,
} from '#core/workbench/record-codec.ts';
import { SCHEMA_VERSION, type Workbench } from '#core/workbench/workbench.ts';
import { anyWorkbench } from '#test/builders/any-workbench.ts';
import {
  acceptedRun,
  aHistoryEntry,
  aHost,
  aTaskInput,
  issuedRun,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);

/** A record as newer code stores it. */
const storedBy = (workbench: Workbench, fields: StoredRecord): StoredRecord => ({
  ...encodeRecord(workbench),
  ...fields,
});

describe('a record', () => {
  it('is decoded as it was encoded', () => {
    fc.assert(
      fc.property(anyWorkbench(), (workbench) => {
        expect(decodeRecord(encodeRecord(workbench))).toEqual(workbench);
      }),
    );
  });

  it('is not encoded if it does not match the schema', () => {
    expect(() => encodeRecord({ ...stopped(), status: 'asleep' } as unknown as Workbench)).toThrow();
    expect(() => encodeRecord({ ...stopped(), revision: 'one' } as unknown as Workbench)).toThrow();
  });
});

describe('a field that this version does not know', () => {
  const unknown = { zone: 'eu-central-1a' };

  it('survives reading and writing wherever it is', () => {
    const placement = { kind: 'host', instanceId: 'i-1', ...unknown } as const;
    const record = stopping({
      ...unknown,
      spec: { cpuUnits: 1, memoryMib: 2, gpuCount: 3, ...unknown },
      host: { ...aHost(), ...unknown },
      unexpectedTasks: [{ taskId: 'task-0', ...unknown }],
      outbox: [{ ...aHistoryEntry(), ...unknown }],
      reason: { code: 'exited', message: 'x', ...unknown },
      nextRun: { runId: RUN_ID, requestedAt: T0, ...unknown },
      run: { ...issuedRun({ input: { ...aTaskInput(), ...unknown, placement } }), ...unknown },
    } as Parameters<typeof stopping>[0]);
    const stored = JSON.parse(JSON.stringify(record));
    expect(encodeRecord(decodeRecord(stored))).toEqual(stored);
  });

  it('survives every change of the status', () => {
    const workbench = { ...running({ run: { ...acceptedRun(), ...unknown } }), ...unknown } as Workbench;
    const after = step(workbench, { type: 'stop', by: 'ada' }, T0 + 1).workbench;
    expect(after).toMatchObject({ status: 'stopping', ...unknown, run: unknown });
    const gone = { type: 'task_observed', task: observed('stopped') } as const;
    expect(step(after, gone, T0 + 2).workbench).toMatchObject({ status: 'stopped', ...unknown });
  });

  it('survives the phases of its run', () => {
    const preparing = { ...starting({ mount: { path: 'x' } }), ...unknown };
    const run = { ...preparing.run, ...unknown };
    const placement = { kind: 'provider', provider: 'small' } as const;
    const placed = { type: 'run_placed', runId: run.runId, attempt: 1, placement } as const;
    const issued = step({ ...preparing, run } as Workbench, outcomes(placed), T0).workbench;
    expect(issued).toMatchObject({ run: { phase: 'issued', ...unknown } });
    const seen = step(issued, { type: 'task_observed', task: observed('pending') }, T0).workbench;
    expect(seen).toMatchObject({ status: 'pending', run: { phase: 'accepted', ...unknown } });
    const reason = { code: 'no_capacity', message: 'x' } as const;
    const refused = {
      type: 'run_refused',
      runId: run.runId,
      attempt: 1,
      retryable: true,
      reason,
    } as const;
    expect(step(issued, outcomes(refused), T0).workbench).toMatchObject({
      run: { phase: 'preparing', attempt: 2, ...unknown },
    });
  });
});

describe('a field of another status', () => {
  it('is dropped when it is read: an older version kept it through a change of the status', () => {
    const { deadlineAt, ...stored } = encodeRecord(starting());
    const left = { ...encodeRecord(running()), deadlineAt, refusal: { code: 'exited', message: 'x' } };
    expect(decodeRecord(left)).toEqual(running());
    const run = { ...acceptedRun(), input: aTaskInput() };
    expect(decodeRecord({ ...encodeRecord(running()), run })).toEqual(running({ run: acceptedRun() }));
    expect(() => decodeRecord(stored)).toThrow();
  });
});

describe('a value of a closed list that this version does not know', () => {
  it('is read as the fallback and written back as it was', () => {
    const stored = storedBy(stopped({ host: aHost() }), {
      host: { ...aHost(), state: 'hibernated' },
      reason: { code: 'evicted', message: 'Evicted.' },
      outbox: [{ ...aHistoryEntry(), type: 'evicted', from: 'parked', to: 'evicted', code: 'evicted' }],
    });
    const workbench = decodeRecord(stored);
    expect(workbench).toMatchObject({
      host: { state: 'unknown' },
      reason: { code: 'other', message: 'Evicted.' },
      outbox: [{ type: 'unknown', from: 'unknown', to: 'unknown', code: 'other' }],
    });
    expect(encodeRecord(workbench)).toEqual(stored);
  });

  it('is replaced by a value that this version assigns', () => {
    const stored = storedBy(stopped(), { host: { ...aHost(), state: 'hibernated' } });
    const seen = { instanceId: aHost().instanceId ?? '', state: 'stopped', agentConnected: false } as const;
    const { workbench } = step(decodeRecord(stored), { type: 'host_observed', host: seen }, T0);
    expect(encodeRecord(workbench)).toMatchObject({ host: { state: 'stopped' } });
    expect(encodeRecord(workbench).host).not.toHaveProperty('unrecognized');
  });

  it('moves with its object to the next status', () => {
    const refusal = { code: 'evicted', message: 'Evicted.' };
    const late = starting({ deadlineAt: T0, nextDriveAt: T0, updatedAt: T0 });
    const stopped = step(decodeRecord(storedBy(late, { refusal })), { type: 'tick' }, T0 + 1).workbench;
    expect(encodeRecord(stopped)).toMatchObject({ status: 'stopped', reason: refusal });
  });

  it('is described again if it is the state of a host', () => {
    const host = aHost({ state: 'unknown', agentConnected: false });
    for (const workbench of [stopped({ host, nextDriveAt: T0 }), starting({ host, mount: { path: 'x' } })]) {
      const { effects } = step(workbench, { type: 'host_hint', host: { ...seenHost, state: 'running' } }, T0);
      expect(effects).toEqual([{ type: 'describe_host', instanceId: host.instanceId }]);
    }
  });

  it('makes a record unreadable if this version cannot act on it', () => {
    for (const fields of [{ status: 'parked' }, { run: { ...acceptedRun(), phase: 'parked' } }])
      expect(() => decodeRecord(storedBy(running(), fields))).toThrow();
  });
});

const seenHost = { instanceId: aHost().instanceId ?? '', agentConnected: true } as const;

describe('the name that an issued run was started with', () => {
  const rename = (name: string, former: string) => {
    const run = issuedRun({ input: aTaskInput({ name: former }) });
    const changes = { name };
    return step(starting({ name: former, run }), { type: 'update', changes, by: 'ada' }, T0).workbench;
  };

  it('is kept when the workbench is renamed, so that a retry sends the same request', () => {
    expect(rename('new', 'former')).toMatchObject({ name: 'new', run: { input: { name: 'former' } } });
  });

  it('is cut to 64 bytes when the workbench is renamed, so that the record has space for both', () => {
    const former = '😀'.repeat(128);
    expect(rename('new', former)).toMatchObject({ run: { input: { name: '😀'.repeat(16) } } });
    expect(rename(former, former)).toMatchObject({ run: { input: { name: former } } });
  });
});

describe('the schema version of a record', () => {
  const withTags: RecordFormat = {
    schemaVersion: 3,
    minReader: 2,
    upgrades: new Map<number, Upgrade>([
      [1, (record) => ({ ...record, labels: record.labels ?? [] })],
      [2, ({ labels, ...record }) => ({ ...record, tags: labels ?? record.tags })],
    ]),
  };

  it('is that of the code that wrote it', () => {
    expect(encodeRecord(stopped())).toMatchObject({ schemaVersion: SCHEMA_VERSION });
    expect(encodeRecord(stopped())).not.toHaveProperty('minReader');
    expect(encodeRecord(stopped(), withTags)).toMatchObject({ schemaVersion: 3, minReader: 2 });
  });

  it('is raised step by step when newer code reads the record', () => {
    const upgraded = decodeRecord(encodeRecord(stopped()), withTags);
    expect(upgraded).toMatchObject({ schemaVersion: 3, tags: [] });
    expect(upgraded).not.toHaveProperty('labels');
    const second = { ...encodeRecord(stopped()), schemaVersion: 2, labels: ['b'] };
    expect(decodeRecord(second, withTags)).toMatchObject({ tags: ['b'] });
  });

  it('cannot be read if a step is missing', () => {
    const format = { ...withTags, upgrades: new Map() };
    expect(() => decodeRecord(encodeRecord(stopped()), format)).toThrow(/cannot be upgraded/);
  });

  it('may be higher than that of this code, which writes the record back with its own', () => {
    const newer = storedBy(stopped(), { schemaVersion: SCHEMA_VERSION + 4, tags: ['a'] });
    expect(encodeRecord(decodeRecord(newer))).toMatchObject({ schemaVersion: SCHEMA_VERSION, tags: ['a'] });
  });

  it('is too high if the record requires newer code', () => {
    const minReader = SCHEMA_VERSION + 1;
    const newer = storedBy(stopped(), { schemaVersion: minReader, minReader });
    expect(() => decodeRecord(newer)).toThrow(/requires a controller of schema version 2 or later/);
    const required = storedBy(stopped(), { schemaVersion: 5, minReader: 3 });
    expect(encodeRecord(decodeRecord(required, withTags), withTags)).toMatchObject({ minReader: 3 });
  });

  it.each([0, 1.5, '1', undefined])('is not %s', (schemaVersion) => {
    expect(() => decodeRecord(storedBy(stopped(), { schemaVersion }))).toThrow();
    if (schemaVersion !== undefined)
      expect(() => decodeRecord(storedBy(stopped(), { minReader: schemaVersion }))).toThrow();
  });
});

function outcomes(outcome: EffectResult): Input {
  return { type: 'outcomes', revision: 1, outcomes: [outcome] };
}

function observed(status: 'pending' | 'stopped') {
  return {
    ...{ taskId: 'task-1', userId: 'ada', workbenchId: stopped().workbenchId, runId: RUN_ID, attempt: 1 },
    ...{ version: 9, status },
  } as const;
}
