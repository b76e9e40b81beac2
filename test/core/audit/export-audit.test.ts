import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AuditEvent, buildAuditEvent } from '#core/audit/audit-event.ts';
import { DELAY_MAX_MS, exportAudit, RUN_MAX_MS, SETTLE_MS } from '#core/audit/export-audit.ts';
import { HOUR_MS } from '#core/ports/audit-archive.ts';
import { DAY_MS } from '#core/ports/audit-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditArchive } from '#test/memory/memory-audit-archive.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

/** The beginning of an hour. */
const START = Date.UTC(2030, 5, 15, 12);
const DAYS = 2;

let clock: ManualClock;
let audit: MemoryAuditStore;
let archive: MemoryAuditArchive;
let telemetry: RecordingTelemetry;
beforeEach(() => {
  clock = new ManualClock(START);
  audit = new MemoryAuditStore();
  archive = new MemoryAuditArchive();
  telemetry = new RecordingTelemetry();
});

const run = (ports: Partial<Parameters<typeof exportAudit>[0]> = {}) =>
  exportAudit({ audit, archive, clock, telemetry, ...ports }, DAYS);

function eventAt(at: number, id = `${at}`): AuditEvent {
  return buildAuditEvent({
    id,
    at,
    action: 'open_workbench',
    outcome: 'allowed',
    actor: { kind: 'user', id: 'ada' },
  });
}

const eventsOf = (hour: number) =>
  (archive.files.get(hour) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);

describe('exportAudit', () => {
  it('writes the events of an hour in the order of time, as lines of JSON, when it has settled', async () => {
    const hour = START - HOUR_MS;
    for (const event of [eventAt(START - 1), eventAt(hour), eventAt(hour - 1), eventAt(START)])
      await audit.append(event);
    clock.advance(SETTLE_MS - 1);
    await run();
    expect(archive.files.has(hour)).toBe(false);
    clock.advance(1);
    await run();
    expect(archive.files.get(hour)).toBe(
      `${JSON.stringify(eventAt(hour))}\n${JSON.stringify(eventAt(START - 1))}\n`,
    );
    expect(archive.files.has(START)).toBe(false);
  });

  it('writes a file for every hour that the audit keeps, also without events, and then none again', async () => {
    clock.advance(SETTLE_MS);
    expect(await run()).toEqual({ written: DAYS * 24, left: 0 });
    expect(Math.min(...archive.files.keys())).toBe(START - DAYS * DAY_MS);
    expect(await run()).toEqual({ written: 0, left: 0 });
    clock.advance(HOUR_MS);
    expect(await run()).toEqual({ written: 1, left: 0 });
  });

  it('reads hours with many events in pages', async () => {
    const events = Array.from({ length: 1_201 }, (_, index) => eventAt(START - HOUR_MS + index));
    for (const event of events) await audit.append(event);
    let pages = 0;
    const counting = overrideMethods(audit, {
      list: async (query) => {
        const page = await audit.list(query);
        if (page.events.length > 0) pages += 1;
        expect(page.events.length).toBeLessThanOrEqual(500);
        return page;
      },
    });
    clock.advance(SETTLE_MS);
    await run({ audit: counting });
    expect(pages).toBe(3);
    expect(eventsOf(START - HOUR_MS)).toEqual(events);
  });

  it('writes an hour of the last day again if an event was stored late', async () => {
    const first = eventAt(START - HOUR_MS + 2);
    const late = eventAt(START - HOUR_MS + 1);
    await audit.append(first);
    clock.advance(SETTLE_MS);
    await run();
    await audit.append(late);
    clock.advance(DELAY_MAX_MS);
    await run();
    expect(eventsOf(START - HOUR_MS)).toEqual([late, first]);
  });

  it('never writes a smaller file, because events expire', async () => {
    await audit.append(eventAt(START - 1));
    clock.advance(SETTLE_MS);
    await run();
    audit = new MemoryAuditStore();
    expect(await run()).toEqual({ written: 0, left: 0 });
    expect(eventsOf(START - HOUR_MS)).toHaveLength(1);
  });

  it('ends before Lambda ends it, and the next run continues', async () => {
    clock.advance(SETTLE_MS);
    const slow = overrideMethods(archive, {
      write: async (...args) => {
        clock.advance(RUN_MAX_MS / 10);
        return archive.write(...args);
      },
    });
    expect(await run({ archive: slow })).toEqual({ written: 10, left: DAYS * 24 - 10 });
    expect([...telemetry.counts]).toEqual([]);
    expect(await run()).toMatchObject({ left: 0 });
    expect([...telemetry.counts]).toEqual([['audit_export_completed', 1]]);
    expect(archive.files.size).toBe(DAYS * 24);
  });

  it('does not count a run that failed as complete', async () => {
    const failing = overrideMethods(archive, {
      write: () => Promise.reject(new PortError('unavailable', 's3 PutObject: SlowDown')),
    });
    await expect(run({ archive: failing })).rejects.toThrow('SlowDown');
    expect([...telemetry.counts]).toEqual([]);
  });
});

/** An event at some minute, which is stored up to some minutes later; how the runs of each hour fail. */
const anySchedule = fc.record({
  events: fc.array(
    fc.record({
      atMinute: fc.nat({ max: 10 * 60 }),
      lateMinutes: fc.oneof(fc.constant(0), fc.nat({ max: (DELAY_MAX_MS - HOUR_MS) / 60_000 })),
    }),
    { maxLength: 60 },
  ),
  faults: fc.array(fc.constantFrom('none', 'before write', 'after write', 'in texts', 'list', 'twice'), {
    minLength: 40,
    maxLength: 40,
  }),
});

it('every event is in exactly one file once, even if runs fail and it is stored late', async () => {
  await fc.assert(
    fc.asyncProperty(anySchedule, async ({ events: drawn, faults }) => {
      clock = new ManualClock(START);
      audit = new MemoryAuditStore();
      archive = new MemoryAuditArchive();
      const events = drawn.map(({ atMinute, lateMinutes }, index) => {
        const at = START + atMinute * 60_000 + index;
        return { event: eventAt(at, `event-${index}`), storedAt: at + lateMinutes * 60_000 };
      });
      for (let hour = 0; hour < faults.length; hour += 1) {
        const now = clock.now();
        for (const { event, storedAt } of events)
          if (storedAt > now - HOUR_MS && storedAt <= now) await audit.append(event);
        const fault = faults[hour];
        const faulty = overrideMethods(archive, {
          write: async (...args) => {
            if (fault === 'before write') throw new PortError('unavailable', 'before');
            const isWritten = await archive.write(...args);
            if (fault === 'after write') throw new PortError('unavailable', 'after');
            return isWritten;
          },
          sizes: async (...args) => {
            if (fault === 'list') throw new PortError('throttled', 'list');
            return archive.sizes(...args);
          },
        });
        let reads = 0;
        const failing = overrideMethods(audit, {
          list: async (query) => {
            reads += 1;
            if (fault === 'in texts' && reads > 3) throw new PortError('unavailable', 'read');
            return audit.list(query);
          },
        });
        const ports = { archive: faulty, audit: failing };
        await Promise.allSettled(fault === 'twice' ? [run(ports), run(ports)] : [run(ports)]);
        clock.advance(HOUR_MS);
      }
      for (const { event, storedAt } of events)
        if (storedAt > clock.now() - HOUR_MS) await audit.append(event);
      await run();
      const exported = [...archive.files.keys()].flatMap((hour) =>
        eventsOf(hour).map(({ id, at }) => {
          expect(Math.floor(at / HOUR_MS) * HOUR_MS).toBe(hour);
          return id;
        }),
      );
      expect(exported.sort()).toEqual(events.map(({ event }) => event.id).sort());
    }),
    propertyRuns(30),
  );
});
