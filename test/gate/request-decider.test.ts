import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_CUTOFFS, type SessionCutoffs } from '#core/ports/session-cutoff-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { type Decided, RequestDecider, type WorkbenchRequest } from '#gate/request-decider.ts';
import { VisitorReader } from '#gate/session/visitor-reader.ts';
import { WorkbenchRecords } from '#gate/workbench-records.ts';
import { WorkbenchShares } from '#gate/workbench-shares.ts';
import { aShare } from '#test/builders/share.ts';
import { stopping, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { anOpenRequest, RUNNING, VISITOR } from './watch/an-open-request.ts';

/** A right that was lost is used for at most this long, milliseconds. */
const LOST_RIGHT_MAX_MS = 5_000;

function setUp(visitor = VISITOR) {
  const clock = new ManualClock(T0);
  const table = {
    record: RUNNING as Workbench | undefined,
    cutoffs: NO_CUTOFFS as SessionCutoffs,
    shares: [] as readonly Share[],
    shareReads: 0,
    recordMs: 0,
    sharesMs: 0,
    cutoffsMs: 0,
  };
  const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  /** A slow response has what was stored when the read began. */
  const workbenches = {
    findByWorkbenchId: async () => keyOf(RUNNING),
    read: async () => {
      const { record, recordMs } = table;
      await pass(recordMs);
      return record;
    },
  };
  const store = {
    read: async () => {
      const { cutoffs, cutoffsMs } = table;
      await pass(cutoffsMs);
      return cutoffs;
    },
  };
  const visitors = new VisitorReader({} as never, store, clock);
  const records = new WorkbenchRecords({ workbenches, timers: clock });
  const telemetry = new RecordingTelemetry();
  const shares = new WorkbenchShares({
    shares: {
      listByWorkbench: async () => {
        const { shares, sharesMs } = table;
        table.shareReads += 1;
        await pass(sharesMs);
        return shares;
      },
    },
    organisationShares: false,
    timers: clock,
  });
  const decider = new RequestDecider({ visitors, records, shares, mayBeFramed: false, clock, telemetry });
  const asked = {
    gateRequest: anOpenRequest().request,
    visitor,
  } as unknown as WorkbenchRequest;

  /** Compares the session as `prepare` does, and decides. Returns the decision and when it was made. */
  async function decide(attempts = 1, betweenMs = 0) {
    const deciding = (async () => {
      if (!(await visitors.isValid(visitor))) throw new Error('signed out');
      let decided = await decider.decide(asked);
      for (let attempt = 1; attempt < attempts; attempt += 1) {
        await pass(betweenMs);
        decided = await decider.decide(asked);
      }
      return { decided, at: clock.now() };
    })().catch(() => undefined);
    await clock.advanceAsync(20_000);
    return deciding;
  }
  return { clock, table, visitors, records, shares, decide };
}

const isForward = (decided: Decided | undefined) => decided?.kind === 'forward';

describe('RequestDecider', () => {
  it('forwards while the visitor has the right', async () => {
    const { decide } = setUp();
    expect(isForward((await decide(2, 4_000))?.decided)).toBe(true);
  });

  it.each(['sign-out', 'stop'])(
    'does not forward by rights that were lost five seconds ago: %s',
    async (loss) => {
      const [cutoffsMs, recordMs, age, betweenMs] = [
        fc.nat(1_600),
        fc.nat(2_100),
        fc.nat(3_000),
        fc.nat(8_000),
      ];
      const attempts = fc.integer({ min: 1, max: 2 });
      await fc.assert(
        fc.asyncProperty(
          cutoffsMs,
          recordMs,
          age,
          attempts,
          betweenMs,
          async (cutoffsMs, recordMs, age, attempts, betweenMs) => {
            const { clock, table, visitors, records, decide } = setUp();
            Object.assign(table, { cutoffsMs, recordMs });
            // Both reads have begun when the right is lost.
            const begun = [visitors.isValid(VISITOR), records.find(RUNNING.workbenchId)];
            for (const read of begun) read.catch(() => {});
            const lostAt = clock.now() + 1;
            await clock.advanceAsync(1);
            if (loss === 'stop') table.record = stopping();
            else table.cutoffs = { ...NO_CUTOFFS, all: T0 + 1 };
            await clock.advanceAsync(age);
            const result = await decide(attempts, betweenMs);
            if (isForward(result?.decided))
              expect((result?.at ?? 0) - lostAt).toBeLessThanOrEqual(LOST_RIGHT_MAX_MS);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('forwards by a share, and not five seconds after it was taken back', async () => {
    const [recordMs, sharesMs, age, betweenMs] = [fc.nat(2_100), fc.nat(1_100), fc.nat(3_000), fc.nat(8_000)];
    const attempts = fc.integer({ min: 1, max: 2 });
    let forwarded = 0;
    await fc.assert(
      fc.asyncProperty(
        recordMs,
        sharesMs,
        age,
        attempts,
        betweenMs,
        async (recordMs, sharesMs, age, ...more) => {
          const { clock, table, records, shares, decide } = setUp({ ...VISITOR, userId: 'bob' });
          Object.assign(table, { recordMs, sharesMs, shares: [aShare()] });
          const begun = [shares.find(RUNNING.workbenchId), records.find(RUNNING.workbenchId)];
          for (const read of begun) read.catch(() => {});
          const lostAt = clock.now() + 1;
          await clock.advanceAsync(1);
          table.shares = [];
          await clock.advanceAsync(age);
          const result = await decide(...more);
          if (!isForward(result?.decided)) return;
          forwarded += 1;
          expect((result?.at ?? 0) - lostAt).toBeLessThanOrEqual(LOST_RIGHT_MAX_MS);
        },
      ),
      { numRuns: 100 },
    );
    expect(forwarded).toBeGreaterThan(0);
  });

  it('reads no shares for the owner and for administrators', async () => {
    for (const visitor of [VISITOR, { ...VISITOR, userId: 'root', admin: true }]) {
      const { table, decide } = setUp(visitor);
      expect(isForward((await decide())?.decided)).toBe(true);
      expect(table.shareReads).toBe(0);
    }
  });

  it('reads the same for a workbench that does not exist as for one without a right', async () => {
    const decisions: unknown[] = [];
    for (const record of [RUNNING, undefined]) {
      const { table, decide } = setUp({ ...VISITOR, userId: 'eve' });
      table.record = record;
      decisions.push((await decide())?.decided, table.shareReads);
    }
    const refused = { kind: 'refuse', decision: { kind: 'unknown' } };
    expect(decisions).toEqual([refused, 1, refused, 1]);
  });

  it('reads the session again after the read of the record, and before another attempt', async () => {
    const { clock, table, decide } = setUp();
    const decided = decide(2, 4_000);
    await clock.advanceAsync(1);
    table.cutoffs = { ...NO_CUTOFFS, all: T0 + 1 };
    expect((await decided)?.decided).toMatchObject({ kind: 'refuse', decision: { kind: 'sign_in' } });
  });
});
