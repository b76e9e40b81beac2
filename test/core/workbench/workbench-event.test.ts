import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workbenchEventSchema } from '#contract/workbench-event.ts';
import { HISTORY_ENTRY_TYPES, type HistoryEntry } from '#core/workbench/history.ts';
import {
  toWorkbenchEvent,
  toWorkbenchEvents,
  WORKBENCH_EVENT_MAX_BYTES,
  WORKBENCH_EVENTS,
  type WorkbenchEvent,
} from '#core/workbench/workbench-event.ts';
import { anyHistoryEntry, anyWorkbench } from '#test/builders/any-workbench.ts';
import { LARGEST_WORKBENCHES } from '#test/builders/largest-workbench.ts';
import {
  acceptedRun,
  aHistoryEntry,
  deleting,
  ID,
  MINUTE,
  running,
  stopped,
  T0,
} from '#test/builders/workbench.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const iso = (at: number) => new Date(at).toISOString();
const entryOf = (type: HistoryEntry['type'], entry: Partial<HistoryEntry> = {}): HistoryEntry => ({
  seq: 7,
  at: T0 + 5,
  type,
  ...entry,
});
const COMMON = { version: 1 as const, id: `${ID}-7`, time: iso(T0 + 5), workbench_id: ID, owner: 'ada' };

describe('the event of a history entry', () => {
  const stopAt = T0 + 10 * MINUTE;
  const idle = { since: T0, because: 'browser' as const, minutes: 60, checkAt: stopAt, idleStopAt: stopAt };

  it.each<[string, Parameters<typeof toWorkbenchEvent>, Partial<WorkbenchEvent>]>([
    [
      'of an idle warning says when the workbench is stopped',
      [running({ name: 'analysis', idle }), entryOf('idle_warned')],
      {
        ...COMMON,
        type: 'idle_warned',
        name: 'analysis',
        status: 'running',
        history_type: 'idle_warned',
        stops_at: iso(stopAt),
        stops_because: 'idle',
      },
    ],
    [
      'of a spot interruption says that its instance is taken back, and when it is stopped',
      [
        running({
          name: 'analysis',
          run: acceptedRun({ interruption: { kind: 'spot', stopAt } }),
        }),
        entryOf('interruption_noticed'),
      ],
      {
        ...COMMON,
        type: 'interruption_noticed',
        name: 'analysis',
        status: 'running',
        status_detail: 'spot_interruption',
        history_type: 'interruption_noticed',
        stops_at: iso(stopAt),
        stops_because: 'spot_interrupted',
      },
    ],
    [
      'of a stop has its reason, with the text of the record',
      [
        stopped({ name: 'analysis', reason: { code: 'idle', message: 'Not used since 12:00.' } }),
        entryOf('status_changed', { from: 'stopping', to: 'stopped', code: 'idle' }),
      ],
      {
        ...COMMON,
        type: 'status_changed',
        name: 'analysis',
        status: 'stopped',
        previous_status: 'stopping',
        status_reason: { code: 'idle', message: 'Not used since 12:00.' },
        history_type: 'status_changed',
      },
    ],
    [
      'of a request that changes the status says who made it',
      [
        stopped({ name: 'analysis' }),
        entryOf('start_requested', { from: 'stopped', to: 'starting', by: 'bob' }),
      ],
      {
        ...COMMON,
        type: 'status_changed',
        name: 'analysis',
        status: 'starting',
        previous_status: 'stopped',
        requested_by: 'bob',
        history_type: 'start_requested',
      },
    ],
    [
      'of a deletion says until when it can be restored',
      [
        stopped({ name: 'analysis', restorable: { deletedAt: T0, until: stopAt } }),
        entryOf('delete_requested', { by: 'ada' }),
      ],
      {
        ...COMMON,
        type: 'delete_requested',
        name: 'analysis',
        status: 'stopped',
        requested_by: 'ada',
        history_type: 'delete_requested',
        restorable_until: iso(stopAt),
      },
    ],
    [
      'of a retention warning says when it is deleted',
      [
        stopped({ name: 'analysis', retention: { since: T0, deletesAt: stopAt, warned: true } }),
        entryOf('retention_warned'),
      ],
      {
        ...COMMON,
        type: 'retention_warned',
        name: 'analysis',
        status: 'stopped',
        status_detail: 'deletion_planned',
        history_type: 'retention_warned',
        deletes_at: iso(stopAt),
      },
    ],
    [
      'of the end of its files is the last one',
      [deleting({ name: 'analysis', volumeDeleted: true }), entryOf('files_deleted')],
      {
        ...COMMON,
        type: 'files_deleted',
        name: 'analysis',
        status: 'deleting',
        status_detail: 'volume',
        history_type: 'files_deleted',
      },
    ],
  ])('%s', (_title, [workbench, entry], expected) => {
    expect(toWorkbenchEvent(workbench, entry)).toEqual(expected);
  });

  it('keeps the code of a reason that the record no longer has', () => {
    const event = toWorkbenchEvent(
      running(),
      entryOf('start_retried', { code: 'image_pull_failed', to: 'starting' }),
    );
    expect(event?.status_reason).toEqual({
      code: 'image_pull_failed',
      message: 'The container image could not be pulled.',
    });
  });

  it('exists for every type of warning, and for entries that change the status, and for no others', () => {
    const withoutStatus = HISTORY_ENTRY_TYPES.filter(
      (type) => toWorkbenchEvent(running(), entryOf(type)) === undefined,
    );
    expect(withoutStatus.toSorted()).toEqual([
      'gate_silent',
      'host_replaced',
      'offer_withdrawn',
      'orphan_host_terminated',
      'owner_offered',
      'processes_may_remain',
      'repaired',
      'restart_requested',
      'restarted_after_interruption',
      'schedule_started',
      'start_requested',
      'start_retried',
      'stop_requested',
      'unexpected_task_found',
      'unexpected_task_stopped',
      'unknown',
      'updated',
    ]);
    for (const type of HISTORY_ENTRY_TYPES)
      expect(toWorkbenchEvent(running(), entryOf(type, { to: 'stopping' }))).toBeDefined();
  });

  it('has an id that depends on the entry alone, is unique in the history, and follows the schema', () => {
    fc.assert(
      fc.property(
        anyWorkbench(),
        anyWorkbench(),
        fc
          .nat({ max: 5 })
          .chain((length) => fc.tuple(...Array.from({ length }, (_, n) => anyHistoryEntry(n + 1)))),
        (workbench, other, entries) => {
          const events = toWorkbenchEvents(workbench, entries);
          const later = toWorkbenchEvents({ ...other, workbenchId: workbench.workbenchId }, entries);
          expect(later.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
          expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
          for (const event of events) expect(workbenchEventSchema.parse(event)).toEqual(event);
        },
      ),
      propertyRuns(300),
    );
  });

  it('has its names of the types, each once', () => {
    const names = Object.values(WORKBENCH_EVENTS);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the size of an event', () => {
  // Of four bytes, the most that a character of a name has.
  const name = '😀'.repeat(128);
  const by = '"'.repeat(96);

  it.each(Object.entries(LARGEST_WORKBENCHES))(
    'of the largest workbench that is %s is bounded',
    (_status, workbench) => {
      const message = '"'.repeat(300);
      const largest = {
        ...workbench,
        userId: by,
        ...('reason' in workbench ? { reason: { code: 'spot_interrupted' as const, message } } : {}),
      };
      for (const type of HISTORY_ENTRY_TYPES) {
        const entry = entryOf(type, {
          ...{ by, from: 'provisioning', to: largest.status, code: 'spot_interrupted', seq: 1e9 },
        });
        for (const named of [largest, { ...largest, name }])
          expect(Buffer.byteLength(JSON.stringify(toWorkbenchEvent(named, entry)))).toBeLessThan(
            WORKBENCH_EVENT_MAX_BYTES,
          );
      }
    },
  );
});

it('an event contains nothing of the environment, the mount or the labels of a workbench', () => {
  const secret = 'a-secret-of-the-record';
  const workbench = running({
    labels: { secret },
    mount: { secret },
    idempotencyKey: secret,
    run: acceptedRun({ endpoint: secret, taskId: secret }),
    offer: { to: secret, expiresAt: T0 },
  });
  for (const type of HISTORY_ENTRY_TYPES) {
    const event = toWorkbenchEvent(workbench, aHistoryEntry({ type, to: 'running' }));
    expect(JSON.stringify(event)).not.toContain(secret);
  }
});
