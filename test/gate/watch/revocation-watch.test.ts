import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import type { UserVisitor } from '#core/gate/visitor.ts';
import { PortError } from '#core/ports/port-error.ts';
import { NO_CUTOFFS, SESSION_LIFETIME_MS, type SessionCutoffs } from '#core/ports/session-cutoff-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { type OpenRequest, OpenRequests } from '#gate/open-requests.ts';
import { CUTOFF_MAX_AGE_MS, VisitorReader } from '#gate/session/visitor-reader.ts';
import { CHECK_INTERVAL_MS, DOUBT_MAX_MS, RevocationWatch } from '#gate/watch/revocation-watch.ts';
import { WorkbenchShares } from '#gate/workbench-shares.ts';
import { aShare } from '#test/builders/share.ts';
import { idAt, stopping, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';
import { anOpenRequest, RUNNING, VISITOR } from './an-open-request.ts';

const WITHIN_MS = 5_000;

/** A table whose records are cached for a second, and whose cutoffs are read by the real reader of visitors. */
class Table {
  readonly records = new Map<string, Workbench>([[RUNNING.workbenchId, RUNNING]]);
  shares: readonly Share[] = [];
  cutoffs: SessionCutoffs = NO_CUTOFFS;
  isDown = false;
  reads = 0;
  concurrent = 0;
  maxConcurrent = 0;
  latencyMs = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async read<T>(value: () => T): Promise<T> {
    this.reads += 1;
    this.concurrent += 1;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.concurrent);
    if (this.latencyMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.latencyMs, resolve));
    this.concurrent -= 1;
    if (this.isDown) throw new PortError('unavailable', 'no response');
    return value();
  }
}

function setUp() {
  const clock = new ManualClock(T0);
  const telemetry = new RecordingTelemetry();
  const table = new Table(clock);
  const openRequests = new OpenRequests();
  const ended = new Map<OpenRequest, { readonly why: string; readonly at: number }>();
  const visitors = new VisitorReader({} as never, { read: () => table.read(() => table.cutoffs) }, clock);
  const watch = new RevocationWatch({
    openRequests,
    records: { find: (id) => table.read(() => table.records.get(id)) },
    shares: new WorkbenchShares({
      shares: { listByWorkbench: () => table.read(() => table.shares) },
      organisationShares: true,
      timers: clock,
    }),
    visitors,
    timers: clock,
    telemetry,
  });
  watch.start();
  onTestFinished(() => watch.stop());
  const open = (change: Parameters<typeof anOpenRequest>[0] = {}) => {
    const opened: OpenRequest = anOpenRequest({
      ...change,
      request: { webSocket: true, ...change.request },
      close: (why) => {
        ended.set(opened, { why, at: clock.now() });
        remove();
      },
    });
    const remove = openRequests.add(opened);
    return opened;
  };
  return { clock, telemetry, table, openRequests, visitors, ended, open, watch };
}

describe('the revocation watch', () => {
  it('keeps connections that are allowed, and reads each workbench once for all of them', async () => {
    const { clock, table, ended, open } = setUp();
    for (let n = 0; n < 50; n += 1) open();
    await clock.advanceAsync(60_000);
    expect(ended.size).toBe(0);
    const checks = 60_000 / CHECK_INTERVAL_MS;
    // The record at each check, and the cutoffs at every second one.
    expect(table.reads).toBeLessThanOrEqual(checks + checks / 2);
  });

  it('does not read for requests that end before the next check', async () => {
    const { clock, table, openRequests } = setUp();
    for (let n = 0; n < 20; n += 1) {
      const remove = openRequests.add(anOpenRequest());
      await clock.advanceAsync(CHECK_INTERVAL_MS - 1);
      remove();
      await clock.advanceAsync(1);
    }
    expect(table.reads).toBe(0);
  });

  it.each([true, false])('ends what was opened on old cutoffs, WebSocket: %s', async (webSocket) => {
    const age = fc.nat(CUTOFF_MAX_AGE_MS - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2 * CHECK_INTERVAL_MS),
        age,
        fc.nat(1_000),
        async (readAfter, age, latencyMs) => {
          const { clock, table, visitors, ended, open } = setUp();
          await clock.advanceAsync(readAfter);
          expect(await visitors.isValid(VISITOR)).toBe(true);
          table.cutoffs = { ...NO_CUTOFFS, all: T0 + 1 };
          const at = clock.now();
          table.latencyMs = latencyMs;
          await clock.advanceAsync(age);
          expect(await visitors.isValid(VISITOR)).toBe(true);
          const opened = open({ request: { webSocket } });
          await clock.advanceAsync(2 * WITHIN_MS);
          expect((ended.get(opened)?.at ?? Number.POSITIVE_INFINITY) - at).toBeLessThanOrEqual(WITHIN_MS);
        },
      ),
      propertyRuns(100),
    );
  });

  it.each([
    [
      'a stop',
      'going_away',
      'not_running',
      (table: Table) => table.records.set(RUNNING.workbenchId, stopping()),
    ],
    ['a deletion', 'policy_violation', 'no_right', (table: Table) => table.records.clear()],
    [
      'another owner',
      'policy_violation',
      'no_right',
      (table: Table) => table.records.set(RUNNING.workbenchId, { ...RUNNING, userId: 'bob' }),
    ],
    [
      'a restart',
      'going_away',
      'not_running',
      (table: Table) =>
        table.records.set(RUNNING.workbenchId, {
          ...RUNNING,
          run: { ...RUNNING.run, runId: '0'.repeat(16) },
        }),
    ],
    [
      'a sign-out',
      'policy_violation',
      'signed_out',
      (table: Table) => {
        table.cutoffs = { ...NO_CUTOFFS, all: T0 + 1 };
      },
    ],
  ] as const)('ends WebSockets within five seconds of %s', async (_title, why, reason, revoke) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(8_000), fc.nat(8_000), async (openAfter, revokeAfter) => {
        const { clock, telemetry, table, ended, open } = setUp();
        table.latencyMs = 20;
        await clock.advanceAsync(openAfter);
        const opened = open();
        await clock.advanceAsync(revokeAfter);
        expect(ended.size).toBe(0);
        const at = clock.now();
        revoke(table);
        await clock.advanceAsync(WITHIN_MS);
        expect(ended.get(opened)).toMatchObject({ why });
        expect((ended.get(opened)?.at ?? 0) - at).toBeLessThan(WITHIN_MS);
        expect(telemetry.countsBy.get(`gate_connection_ended.${reason}`)).toBe(1);
      }),
      propertyRuns(40),
    );
  });

  describe('with a share', () => {
    const BOB = { ...VISITOR, userId: 'bob' };
    const GROUP = { kind: 'group', group: 'staff' } as const;

    it.each<[string, Partial<UserVisitor>, Partial<Share>, (table: Table) => void]>([
      [
        'it was taken back',
        {},
        {},
        (table) => {
          table.shares = [];
        },
      ],
      [
        'it is that of another user',
        {},
        {},
        (table) => {
          table.shares = [aShare({ grantee: { kind: 'user', userId: 'eve' } })];
        },
      ],
      [
        'it has expired',
        {},
        {},
        (table) => {
          table.shares = [aShare({ expiresAt: T0 + 8_000 })];
        },
      ],
      [
        'that of the group was taken back',
        { groups: [groupIdOf('staff')] },
        { grantee: GROUP },
        (table) => {
          table.shares = [aShare({ grantee: { kind: 'group', group: 'guests' } })];
        },
      ],
      [
        'that of the organisation was taken back',
        {},
        { grantee: { kind: 'organisation' } },
        (table) => {
          table.shares = [];
        },
      ],
      [
        'the workbench was deleted',
        {},
        {},
        (table) => {
          table.records.clear();
        },
      ],
    ])('ends WebSockets within five seconds after %s', async (_title, visitor, share, revoke) => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(8_000),
          fc.nat(8_000),
          fc.constantFrom(0, 900),
          async (openAfter, revokeAfter, latencyMs) => {
            const { clock, telemetry, table, ended, open } = setUp();
            table.shares = [aShare(share)];
            table.latencyMs = latencyMs;
            await clock.advanceAsync(8_000 + openAfter);
            const opened = open({ visitor: { ...BOB, ...visitor } });
            const owners = open();
            await clock.advanceAsync(8_000 + revokeAfter);
            expect(ended.size).toBe(0);
            const at = clock.now();
            revoke(table);
            await clock.advanceAsync(WITHIN_MS);
            expect(ended.get(opened)).toMatchObject({ why: 'policy_violation' });
            expect((ended.get(opened)?.at ?? 0) - at).toBeLessThan(WITHIN_MS);
            expect(telemetry.countsBy.get('gate_connection_ended.no_right')).toBeGreaterThan(0);
            expect(ended.has(owners)).toBe(table.records.size === 0);
          },
        ),
        propertyRuns(60),
      );
    });

    it('ends them within five seconds after the groups have expired', async () => {
      const { clock, table, ended, open } = setUp();
      table.shares = [aShare({ grantee: GROUP })];
      const opened = open({
        visitor: { ...BOB, groups: [groupIdOf('staff')], groupsExpireAt: T0 + 60_000 },
      });
      await clock.advanceAsync(60_000 - 1);
      expect(ended.size).toBe(0);
      await clock.advanceAsync(WITHIN_MS);
      expect(ended.get(opened)).toMatchObject({ why: 'policy_violation' });
    });

    it('keeps WebSockets while it is in force, and reads the shares once for all users of a workbench', async () => {
      const { clock, table, ended, open } = setUp();
      table.shares = [aShare(), aShare({ grantee: GROUP })];
      for (let n = 0; n < 20; n += 1) {
        open({ visitor: BOB });
        open({ visitor: { ...VISITOR, userId: 'eve', groups: [groupIdOf('staff')] } });
      }
      await clock.advanceAsync(60_000);
      expect(ended.size).toBe(0);
      const checks = 60_000 / CHECK_INTERVAL_MS;
      // Record and shares at each check, and the cutoffs of two users at every second one.
      expect(table.reads).toBeLessThanOrEqual(3 * checks);
    });

    it('ends them half a minute after the shares could be read for the last time', async () => {
      const { clock, table, ended, open } = setUp();
      table.shares = [aShare()];
      open({ visitor: BOB });
      await clock.advanceAsync(WITHIN_MS);
      table.isDown = true;
      await clock.advanceAsync(DOUBT_MAX_MS - WITHIN_MS);
      expect(ended.size).toBe(0);
      await clock.advanceAsync(2 * WITHIN_MS);
      expect([...ended.values()]).toMatchObject([{ why: 'going_away' }]);
    });
  });

  it('ends WebSockets and long responses when the session expires', async () => {
    const { clock, ended, open } = setUp();
    const expiresAt = T0 + 60_000;
    open({ visitor: { ...VISITOR, expiresAt } });
    open({ visitor: { ...VISITOR, expiresAt }, request: { webSocket: false } });
    const other = open();
    await clock.advanceAsync(60_000 - 1);
    expect(ended.size).toBe(0);
    await clock.advanceAsync(WITHIN_MS);
    expect([ended.size, ended.has(other)]).toEqual([2, false]);
  });

  describe('with the session of a sign-in host', () => {
    const { workbenchId: _, ...others } = VISITOR;
    const MINUTE = 60_000;
    /** A session whose cookie expires in a minute. */
    const signedIn = { ...others, expiresAt: T0 + MINUTE };

    it.each([
      [
        'a request of the session',
        (gate: ReturnType<typeof setUp>, _opened: OpenRequest) =>
          gate.openRequests.add(anOpenRequest({ visitor: { ...signedIn, expiresAt: T0 + 60 * MINUTE } }))(),
      ],
      [
        'data of the client',
        (gate: ReturnType<typeof setUp>, opened: OpenRequest) => gate.openRequests.noteClientData(opened),
      ],
    ] as const)('keeps a WebSocket for an hour after %s', async (_title, use) => {
      const gate = setUp();
      const opened = gate.open({ visitor: signedIn });
      await gate.clock.advanceAsync(MINUTE / 2);
      use(gate, opened);
      await gate.clock.advanceAsync(60 * MINUTE - 1);
      expect(gate.ended.size).toBe(0);
      await gate.clock.advanceAsync(WITHIN_MS);
      expect(gate.ended.get(opened)).toMatchObject({ why: 'policy_violation' });
    });

    it('keeps it for at most eight hours after the sign-in', async () => {
      const { clock, ended, open, openRequests } = setUp();
      const opened = open({ visitor: { ...signedIn, signedInAt: T0 + 10 * MINUTE - SESSION_LIFETIME_MS } });
      for (let minute = 1; minute < 10; minute += 1) {
        await clock.advanceAsync(MINUTE);
        openRequests.noteClientData(opened);
      }
      await clock.advanceAsync(MINUTE - 1);
      expect(ended.size).toBe(0);
      await clock.advanceAsync(WITHIN_MS);
      expect(ended.size).toBe(1);
    });

    it('ends it an hour after it was opened if only others use their sessions, or if data comes too late', async () => {
      const { clock, ended, open, openRequests } = setUp();
      // Its end is between two checks.
      await clock.advanceAsync(CHECK_INTERVAL_MS / 2);
      const opened = open({ visitor: signedIn });
      const bound = open({ visitor: { ...VISITOR, expiresAt: T0 + MINUTE } });
      await clock.advanceAsync(MINUTE / 2);
      for (const other of [{ signedInAt: T0 - 1 }, { userId: 'bob' }, { issuerSession: 'another' }])
        openRequests.add(anOpenRequest({ visitor: { ...signedIn, ...other } }))();
      // The session on the host of a workbench is not renewed.
      openRequests.noteClientData(bound);
      await clock.advanceAsync(MINUTE);
      expect([ended.has(opened), ended.has(bound)]).toEqual([false, true]);
      await clock.advanceAsync(58.5 * MINUTE);
      expect(ended.has(opened)).toBe(false);
      openRequests.noteClientData(opened);
      await clock.advanceAsync(WITHIN_MS);
      expect(ended.has(opened)).toBe(true);
    });

    it('ends it after a sign-out, also while it is used', async () => {
      const { clock, table, ended, open, openRequests } = setUp();
      const opened = open({ visitor: signedIn });
      await clock.advanceAsync(MINUTE / 2);
      openRequests.noteClientData(opened);
      table.cutoffs = { ...NO_CUTOFFS, all: clock.now() };
      await clock.advanceAsync(WITHIN_MS);
      expect(ended.size).toBe(1);
    });
  });

  it('keeps connections that cannot be checked for half a minute, and no longer', async () => {
    const { clock, telemetry, table, ended, open } = setUp();
    const opened = open();
    await clock.advanceAsync(2 * CHECK_INTERVAL_MS);
    for (let outage = 0; outage < 3; outage += 1) {
      table.isDown = true;
      await clock.advanceAsync(DOUBT_MAX_MS - WITHIN_MS);
      table.isDown = false;
      await clock.advanceAsync(2 * CHECK_INTERVAL_MS);
    }
    expect(ended.size).toBe(0);
    expect(telemetry.lines.filter(({ level }) => level === 'error')).toHaveLength(3);
    table.isDown = true;
    const at = clock.now();
    await clock.advanceAsync(2 * DOUBT_MAX_MS);
    expect(ended.get(opened)).toMatchObject({ why: 'going_away' });
    expect((ended.get(opened)?.at ?? 0) - at).toBeLessThan(DOUBT_MAX_MS + WITHIN_MS);
  });

  it('checks a limited number of workbenches at the same time, and all of them in turn', async () => {
    const { clock, table, ended, open } = setUp();
    table.latencyMs = 100;
    for (let n = 0; n < 300; n += 1) {
      const workbenchId = idAt(T0, n);
      const visitor = { kind: 'open' } as const;
      table.records.set(workbenchId, { ...RUNNING, workbenchId });
      open({ workbenchId, visitor, request: { webSocket: true, origins: [], secFetchSite: 'same-origin' } });
    }
    await clock.advanceAsync(10_000);
    expect(table.maxConcurrent).toBe(32);
    expect(ended.size).toBe(0);
    table.records.clear();
    await clock.advanceAsync(WITHIN_MS);
    expect(ended.size).toBe(300);
  });

  it('stops', async () => {
    const { clock, table, open, watch } = setUp();
    open();
    await clock.advanceAsync(10_000);
    watch.stop();
    const { reads } = table;
    await clock.advanceAsync(60_000);
    expect([table.reads, clock.scheduledCount]).toEqual([reads, 0]);
  });
});
