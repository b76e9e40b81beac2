import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { ActivityTracker } from '#gate/watch/activity-tracker.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { anOpenRequest } from './an-open-request.ts';

const MINUTE = 60_000;

interface Write {
  readonly workbenchId: string;
  readonly at: number;
  readonly time: number;
}

function setUp(options: { readonly capacity?: number } = {}) {
  const clock = new ManualClock(T0);
  const telemetry = new RecordingTelemetry();
  const writes: Write[] = [];
  let failures = 0;
  const activity = {
    async record(workbenchId: string, at: number) {
      writes.push({ workbenchId, at, time: clock.now() });
      if (failures > 0) {
        failures -= 1;
        throw new PortError('throttled', 'too many');
      }
    },
  };
  const tracker = new ActivityTracker({ activity, timers: clock, telemetry, ...options });
  const failNext = (count: number) => {
    failures = count;
  };
  return { clock, telemetry, writes, tracker, failNext };
}

const WEB_SOCKET = anOpenRequest({ request: { webSocket: true } });

describe('the activity tracker', () => {
  it('writes the time of the last evidence within a minute', async () => {
    const { clock, writes, tracker } = setUp();
    tracker.noteRequest(anOpenRequest());
    tracker.noteClientData(WEB_SOCKET);
    await clock.advanceAsync(MINUTE);
    expect(writes).toEqual([{ workbenchId: ID, at: T0, time: expect.any(Number) }]);
    await clock.advanceAsync(10 * MINUTE);
    expect(writes).toHaveLength(1);
  });

  it('notes neither the opening of a WebSocket, nor pollers, nor programs, nor health checks', async () => {
    const { clock, writes, tracker } = setUp();
    tracker.noteRequest(WEB_SOCKET);
    tracker.noteRequest(anOpenRequest({ target: '/healthz' }));
    const program = { visitor: { kind: 'open' }, request: { origins: [] } } as const;
    tracker.noteRequest(anOpenRequest(program));
    tracker.noteClientData(anOpenRequest({ ...program, request: { origins: [], webSocket: true } }));
    await clock.advanceAsync(2 * MINUTE);
    expect(writes).toEqual([]);
    for (let minute = 0; minute < 10; minute += 1) {
      tracker.noteRequest(anOpenRequest({ target: '/api/kernels' }));
      await clock.advanceAsync(MINUTE);
    }
    expect(new Set(writes.map(({ at }) => at))).toEqual(
      new Set([2, 3, 4].map((minute) => T0 + minute * MINUTE)),
    );
  });

  it('does not note the heartbeats of a WebSocket that is open, and notes what a person sends on another', async () => {
    const { clock, writes, tracker } = setUp();
    for (let beat = 0; beat < 12 * 60; beat += 1) {
      tracker.noteClientData(WEB_SOCKET);
      await clock.advanceAsync(5_000);
    }
    expect(Math.max(...writes.map(({ at }) => at))).toBe(T0 + 15_000);
    tracker.noteClientData(anOpenRequest({ request: { webSocket: true } }));
    await clock.advanceAsync(MINUTE);
    expect(writes.at(-1)?.at).toBe(T0 + 60 * MINUTE);
  });

  it('spreads the first writes of many workbenches over a minute', async () => {
    const { clock, writes, tracker } = setUp();
    for (let n = 0; n < 600; n += 1) tracker.noteRequest(anOpenRequest({ workbenchId: idAt(T0, n * 7_919) }));
    const perTenSeconds: number[] = [];
    for (let step = 0; step < 6; step += 1) {
      const before = writes.length;
      await clock.advanceAsync(10_000);
      perTenSeconds.push(writes.length - before);
    }
    expect(writes).toHaveLength(600);
    for (const count of perTenSeconds) expect(count).toBeGreaterThan(40);
  });

  it('writes a time again that could not be written, or the newer one, after a minute', async () => {
    const { clock, telemetry, writes, tracker, failNext } = setUp();
    failNext(2);
    tracker.noteRequest(anOpenRequest());
    await clock.advanceAsync(MINUTE);
    expect(telemetry.counts.get('activity_write_failed')).toBe(1);
    await clock.advanceAsync(MINUTE);
    tracker.noteClientData(WEB_SOCKET);
    const evidence = clock.now();
    await clock.advanceAsync(MINUTE);
    expect(writes.map(({ at }) => at)).toEqual([T0, T0, evidence]);
    expect(writes[2]?.time).toBe((writes[0]?.time ?? 0) + 2 * MINUTE);
  });

  it('writes everything when it is closed, and nothing afterwards', async () => {
    const { clock, writes, tracker } = setUp();
    const ids = Array.from({ length: 50 }, (_, n) => idAt(T0, n));
    for (const workbenchId of ids) tracker.noteRequest(anOpenRequest({ workbenchId }));
    await tracker.close();
    expect(new Set(writes.map(({ workbenchId }) => workbenchId))).toEqual(new Set(ids));
    expect(writes).toHaveLength(50);
    tracker.noteClientData(WEB_SOCKET);
    await clock.advanceAsync(5 * MINUTE);
    expect(writes).toHaveLength(50);
    expect([tracker.size, clock.scheduledCount]).toEqual([0, 0]);
  });

  it('forgets workbenches without visitors, and tracks a limited number', async () => {
    const { clock, telemetry, writes, tracker } = setUp({ capacity: 2 });
    for (let n = 0; n < 4; n += 1) tracker.noteRequest(anOpenRequest({ workbenchId: idAt(T0, n) }));
    expect(tracker.size).toBe(2);
    expect(telemetry.lines).toHaveLength(1);
    await clock.advanceAsync(10 * MINUTE);
    expect([tracker.size, clock.scheduledCount]).toEqual([0, 0]);
    tracker.noteRequest(anOpenRequest({ workbenchId: idAt(T0, 3) }));
    await clock.advanceAsync(MINUTE);
    expect(writes.map(({ workbenchId }) => workbenchId)).toContain(idAt(T0, 3));
  });

  it('writes at most once a minute for each workbench, and every evidence within a minute', async () => {
    const step = fc.record({
      waitMs: fc.oneof(fc.nat(5_000), fc.nat(3 * MINUTE)),
      workbench: fc.nat(3),
      data: fc.boolean(),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, withFailures) => {
        const { clock, writes, tracker, failNext } = setUp();
        const evidence: { readonly workbenchId: string; readonly at: number }[] = [];
        for (const { waitMs, workbench, data, fails } of steps) {
          const workbenchId = idAt(T0, workbench);
          failNext(withFailures && fails ? 1 : 0);
          if (data) {
            tracker.noteClientData(anOpenRequest({ workbenchId, request: { webSocket: true } }));
            evidence.push({ workbenchId, at: clock.now() });
          } else {
            tracker.noteRequest(anOpenRequest({ workbenchId, target: '/healthz' }));
          }
          await clock.advanceAsync(waitMs);
        }
        failNext(0);
        await clock.advanceAsync(2 * MINUTE);
        for (const { workbenchId, at, time } of writes) {
          const known = evidence.filter((one) => one.workbenchId === workbenchId && one.at <= time);
          expect(at).toBe(withFailures ? at : known.at(-1)?.at);
          expect(known.map((one) => one.at)).toContain(at);
        }
        for (const id of new Set(writes.map(({ workbenchId }) => workbenchId))) {
          const times = writes.filter(({ workbenchId }) => workbenchId === id).map(({ time }) => time);
          for (const [index, time] of times.entries())
            if (index > 0) expect(time - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(MINUTE);
        }
        for (const { workbenchId, at } of evidence) {
          const covering = writes.filter((write) => write.workbenchId === workbenchId && write.at >= at);
          expect(covering.length).toBeGreaterThan(0);
          if (!withFailures) expect((covering[0]?.time ?? 0) - at).toBeLessThanOrEqual(MINUTE);
        }
      }),
      { numRuns: 60 },
    );
  });
});
