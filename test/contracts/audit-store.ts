import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  type AuditEvent,
  buildAuditEvent,
  type NewAuditEvent,
  usersOfEvent,
} from '#core/audit/audit-event.ts';
import {
  AUDIT_DAYS_PER_PAGE,
  AUDIT_PAGE_MAX,
  type AuditPosition,
  type AuditQuery,
  type AuditStore,
  DAY_MS,
} from '#core/ports/audit-store.ts';
import { ID } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface AuditStoreSubject {
  readonly store: AuditStore;
  readonly dispose: () => Promise<void>;
}

/** The middle of a day in 2030. */
export const NOON = Date.UTC(2030, 5, 15, 12);
/** One page can read all these days. */
const ALL: AuditQuery = { from: NOON - 5 * DAY_MS, to: NOON + 10 * DAY_MS, limit: AUDIT_PAGE_MAX };

export function anAuditEvent(fields: Partial<NewAuditEvent> = {}): AuditEvent {
  return buildAuditEvent({
    id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
    at: NOON,
    action: 'start_workbench',
    outcome: 'allowed',
    actor: { kind: 'user', id: 'root' },
    onBehalfOf: 'ada',
    workbenchId: ID,
    ownerId: 'ada',
    ...fields,
  });
}

/** Reads all pages. */
export async function listAll(store: AuditStore, query: Partial<AuditQuery> = {}): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  let after: AuditPosition | undefined;
  do {
    const page = await store.list({ ...ALL, ...query, ...(after === undefined ? {} : { after }) });
    events.push(...page.events);
    after = page.next;
  } while (after !== undefined);
  return events;
}

/** The contract of AuditStore. `make` returns an empty store that keeps events for 90 days. */
export function describeAuditStoreContract(
  name: string,
  make: () => Promise<AuditStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of AuditStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: AuditStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    it('returns an event with all its fields', async () => {
      const event = anAuditEvent({
        subject: { kind: 'group', id: 'a#b/user:c' },
        reason: 'role_insufficient',
        requestId: 'request-1',
        detail: { role: 'use', uses: 3, force: true },
      });
      await store.append(event);
      expect(await store.list(ALL)).toEqual({ events: [event] });
    });

    it('keeps fields and values that this version does not know', async () => {
      const event = { ...anAuditEvent(), later: { added: 1 } };
      await store.append(event);
      expect((await store.list(ALL)).events).toEqual([event]);
    });

    it('stores an event once that is appended again, in turn or at the same time', async () => {
      const event = anAuditEvent();
      await Promise.all([store.append(event), store.append(event)]);
      await store.append(event);
      expect((await store.list(ALL)).events).toEqual([event]);
      expect((await store.list({ ...ALL, userId: 'ada' })).events).toEqual([event]);
      expect((await store.list({ ...ALL, workbenchId: ID })).events).toEqual([event]);
    });

    it('stores one of the events of one id that several processes append once', async () => {
      const events = [0, 1, 2, 3].map((n) => anAuditEvent({ at: NOON + n * DAY_MS }));
      await Promise.all(events.map((event) => store.appendOnce(event)));
      await store.appendOnce(anAuditEvent({ at: NOON + 9 * DAY_MS }));
      const stored = (await store.list(ALL)).events;
      expect(stored).toHaveLength(1);
      expect(events).toContainEqual(stored[0]);
      await store.appendOnce(anAuditEvent({ id: 'another', at: NOON }));
      expect((await store.list(ALL)).events).toHaveLength(2);
    });

    it('lists newest first, or oldest first, also within one millisecond and across days', async () => {
      const events = [
        anAuditEvent({ at: NOON - DAY_MS, id: 'c' }),
        anAuditEvent({ at: NOON, id: 'a' }),
        anAuditEvent({ at: NOON, id: 'b' }),
        anAuditEvent({ at: NOON + 2 * DAY_MS, id: 'a' }),
      ];
      for (const event of [2, 0, 3, 1].map((n) => events[n] as AuditEvent)) await store.append(event);
      for (const query of [{}, { userId: 'ada' }, { workbenchId: ID }]) {
        expect(await listAll(store, query)).toEqual(events.toReversed());
        expect(await listAll(store, { ...query, first: 'oldest' })).toEqual(events);
      }
    });

    it('lists what concerns a user: as the actor, the one acted for, the owner, or the subject', async () => {
      const none = { onBehalfOf: undefined, ownerId: undefined };
      const asActor = anAuditEvent({ id: 'a', actor: { kind: 'user', id: 'bob' } });
      const actedFor = anAuditEvent({ id: 'b', ...none, onBehalfOf: 'bob' });
      const asOwner = anAuditEvent({ id: 'c', ...none, ownerId: 'bob' });
      const asSubject = anAuditEvent({ id: 'd', subject: { kind: 'user', id: 'bob' } });
      const asGroup = anAuditEvent({ id: 'e', subject: { kind: 'group', id: 'bob' } });
      const asClient = anAuditEvent({ id: 'f', actor: { kind: 'client', id: 'bob' } });
      for (const event of [asActor, actedFor, asOwner, asSubject, asGroup, asClient])
        await store.append(event);
      expect(await listAll(store, { userId: 'bob' })).toEqual([asSubject, asOwner, actedFor, asActor]);
    });

    it('keeps users of every kind of name apart', async () => {
      const users = ['ada', 'Ada', 'ada#1', 'ada/1', 'user:ada', 'ädä', '😀', "'; --", 'constructor'];
      for (const [n, id] of users.entries())
        await store.append(
          anAuditEvent({
            id: `${n}`,
            actor: { kind: 'user', id },
            onBehalfOf: undefined,
            ownerId: undefined,
          }),
        );
      for (const [n, userId] of users.entries())
        expect((await listAll(store, { userId })).map(({ id }) => id)).toEqual([`${n}`]);
    });

    it('filters by workbench, action and time, together with a user', async () => {
      const other = '01k5w3p8xg7t2mzq4v9r6ehbnd';
      const events = [
        anAuditEvent({ id: 'a', at: NOON - 1 }),
        anAuditEvent({ id: 'b', action: 'stop_workbench' }),
        anAuditEvent({ id: 'c', at: NOON + 1, workbenchId: other }),
        anAuditEvent({ id: 'd', at: NOON + 2, ownerId: 'bob', onBehalfOf: 'bob' }),
      ];
      for (const event of events) await store.append(event);
      const idsOf = async (query: Partial<AuditQuery>) => (await listAll(store, query)).map(({ id }) => id);
      expect(await idsOf({ workbenchId: ID })).toEqual(['d', 'b', 'a']);
      expect(await idsOf({ action: 'stop_workbench' })).toEqual(['b']);
      expect(await idsOf({ from: NOON, to: NOON + 2 })).toEqual(['c', 'b']);
      expect(await idsOf({ userId: 'ada', from: NOON, to: NOON + 2 })).toEqual(['c', 'b']);
      expect(await idsOf({ workbenchId: ID, userId: 'ada' })).toEqual(['b', 'a']);
      expect(await idsOf({ workbenchId: ID, userId: 'ada', action: 'start_workbench' })).toEqual(['a']);
    });

    it('returns pages that together have every event once, with any limit', async () => {
      const events: AuditEvent[] = [];
      for (let n = 0; n < 25; n += 1)
        events.push(
          anAuditEvent({
            id: `id-${String(n).padStart(2, '0')}`,
            at: NOON + Math.floor(n / 4) * 9 * 60 * 60_000,
            action: n % 3 === 0 ? 'open_workbench' : 'start_workbench',
          }),
        );
      await Promise.all(events.map((event) => store.append(event)));
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            limit: fc.constantFrom(1, 2, 7, 25, 26),
            first: fc.constantFrom('newest' as const, 'oldest' as const),
            userId: fc.constantFrom(undefined, 'ada', 'eve'),
            workbenchId: fc.constantFrom(undefined, ID),
            action: fc.constantFrom(undefined, 'open_workbench' as const),
          }),
          async (query) => {
            const expected = events.filter(
              (event) =>
                (query.action === undefined || event.action === query.action) &&
                (query.userId === undefined || usersOfEvent(event).includes(query.userId)),
            );
            const ordered = query.first === 'oldest' ? expected : expected.toReversed();
            expect((await listAll(store, query)).map(({ id }) => id)).toEqual(ordered.map(({ id }) => id));
          },
        ),
        { numRuns: 8 },
      );
    });

    it('reaches an event behind more empty days than one page reads', async () => {
      const event = anAuditEvent({ at: NOON - (AUDIT_DAYS_PER_PAGE + 9) * DAY_MS });
      await store.append(event);
      const from = event.at - (AUDIT_DAYS_PER_PAGE + 9) * DAY_MS;
      expect(await listAll(store, { from })).toEqual([event]);
      expect(await listAll(store, { from, first: 'oldest' })).toEqual([event]);
    });
  });
}
