import { beforeEach, describe, expect } from 'vitest';
import type { UsageStore } from '#core/ports/usage-store.ts';
import {
  IDEMPOTENCY_RETENTION_MS,
  type IdempotencyStore,
  type WorkbenchStore,
} from '#core/ports/workbench-store.ts';
import { aHost, ID, idAt, running, starting, stopped, T0 } from '../builders/workbench.ts';
import { aHundred, allActive } from './list-pages.ts';
import type { ContractIt } from './skipped-tests.ts';
import { aUsageEntry } from './usage-store.ts';

const ADA = { userId: 'ada', workbenchId: ID };
const BOB = { userId: 'bob', workbenchId: ID };
const EVE = { userId: 'eve', workbenchId: ID };

interface Subject {
  readonly store: WorkbenchStore;
  readonly claims: IdempotencyStore;
  readonly usage: UsageStore;
}

/** The part of the contract of WorkbenchStore about transactions: a change of the owner, a create with a claim, and usage. */
export function describeMoves(makeSubject: () => Subject, it: ContractIt): void {
  let store: WorkbenchStore;
  let claims: IdempotencyStore;
  let usage: UsageStore;
  beforeEach(() => ({ store, claims, usage } = makeSubject()));

  const ownersOf = async () => {
    const records = await Promise.all([ADA, BOB, EVE].map((key) => store.read(key)));
    return records.flatMap((record) => record?.userId ?? []);
  };

  describe('usage of ended meters', () => {
    const ENTRY = aUsageEntry({ workbenchId: ID });
    const entries = () => usage.list('ada', ENTRY.month, { limit: 10 });
    const others = () => usage.list('ada', '2030-02', { limit: 10 });

    it('is stored with the record, by an update and by a move', async () => {
      const earlier = { ...ENTRY, month: '2030-02' };
      await store.create(stopped({ ...ADA, revision: 7, host: aHost({ state: 'stopped' }) }));
      const updated = stopped({ ...ADA, revision: 8, nextDriveAt: T0 });
      expect(await store.update(updated, 7, [ENTRY, earlier])).toBe('updated');
      expect(await store.read(ADA)).toEqual(updated);
      expect([await entries(), await others()]).toEqual([[ENTRY], [earlier]]);
      const next = { ...ENTRY, seq: 2, revision: 8 };
      expect(await store.move(stopped({ ...BOB, revision: 9 }), 'ada', 8, [next])).toBe('moved');
      expect(await entries()).toEqual([next, ENTRY]);
    });

    it('stays as it is, if another write of the same revision was first', async () => {
      await store.create(stopped({ ...ADA, revision: 7 }));
      await store.move(stopped({ ...BOB, revision: 8 }), 'ada', 7, [ENTRY]);
      const late = { ...ENTRY, micros: 9 };
      expect(await store.update(stopped({ ...ADA, revision: 8 }), 7, [late])).toBe('conflict');
      expect(await store.move(stopped({ ...EVE, revision: 8 }), 'ada', 7, [late])).toBe('conflict');
      expect(await entries()).toEqual([ENTRY]);
    });
  });

  describe('move', () => {
    it('stores the record under its new owner and nowhere else', async () => {
      await store.create(stopped({ ...ADA, revision: 4, host: aHost({ state: 'stopped' }) }));
      const moved = stopped({ ...BOB, revision: 5, name: 'moved', host: aHost({ state: 'stopped' }) });
      expect(await store.move(moved, 'ada', 4)).toBe('moved');
      expect(await store.read(ADA)).toBeUndefined();
      expect(await store.read(BOB)).toEqual(moved);
      expect((await store.listByUser('ada', { limit: 10 })).workbenches).toEqual([]);
      expect((await store.listByUser('bob', { limit: 10 })).workbenches).toEqual([moved]);
      expect(await store.findByWorkbenchId(ID)).toEqual(BOB);
      expect(await store.findByInstanceId(moved.host?.instanceId ?? '')).toEqual(BOB);
      expect(await store.findMoved(ID)).toEqual(BOB);
      expect(await allActive(store)).toEqual([BOB]);
    });

    it('stores a due time, so that lists find the record under its new owner only', async () => {
      await store.create(stopped({ ...ADA, nextDriveAt: T0 }));
      await store.move(stopped({ ...BOB, revision: 2, nextDriveAt: T0 + 5 }), 'ada', 1);
      expect(await store.listDue(T0 + 5, 10)).toEqual([BOB]);
    });

    it('keeps a record of another revision', async () => {
      await store.create(stopped({ ...ADA, revision: 4 }));
      expect(await store.move(stopped({ ...BOB, revision: 4 }), 'ada', 3)).toBe('conflict');
      expect(await ownersOf()).toEqual(['ada']);
      expect(await store.findByWorkbenchId(ID)).toEqual(ADA);
    });

    it('creates no record if there is none to move', async () => {
      expect(await store.move(stopped({ ...BOB, revision: 2 }), 'ada', 1)).toBe('conflict');
      expect(await ownersOf()).toEqual([]);
      expect(await store.findMoved(ID)).toBeUndefined();
    });

    it('replaces no record of the new owner', async () => {
      await store.create(stopped({ ...ADA, name: 'hers' }));
      await store.create(stopped({ ...BOB, name: 'his' }));
      expect(await store.move(stopped({ ...BOB, revision: 2, name: 'hers' }), 'ada', 1)).toBe('conflict');
      expect((await store.read(ADA))?.name).toBe('hers');
      expect((await store.read(BOB))?.name).toBe('his');
    });

    it('moves a record there and back', async () => {
      await store.create(stopped(ADA));
      expect(await store.move(stopped({ ...BOB, revision: 2 }), 'ada', 1)).toBe('moved');
      expect(await store.move(stopped({ ...ADA, revision: 3 }), 'bob', 2)).toBe('moved');
      expect(await ownersOf()).toEqual(['ada']);
      expect(await store.findMoved(ID)).toEqual(ADA);
      // A writer that read the record before both moves.
      expect(await store.update(stopped({ ...ADA, revision: 2 }), 1)).toBe('conflict');
    });

    it('lets the earlier owner neither change nor restore the record', async () => {
      await store.create(stopped(ADA));
      await store.move(stopped({ ...BOB, revision: 2 }), 'ada', 1);
      expect(await store.update(starting({ ...ADA, revision: 2 }), 1)).toBe('conflict');
      expect(await store.delete(ADA, 1)).toBe('deleted');
      expect(await ownersOf()).toEqual(['bob']);
    });

    it('succeeds for one of many concurrent moves to two users', async () => {
      await store.create(stopped(ADA));
      const outcomes = await Promise.all(
        aHundred((n) => store.move(stopped({ ...(n % 2 === 0 ? BOB : EVE), revision: 2 }), 'ada', 1)),
      );
      expect(outcomes.filter((outcome) => outcome === 'moved')).toHaveLength(1);
      expect(await ownersOf()).toHaveLength(1);
      expect(await store.read(ADA)).toBeUndefined();
    });

    it('and a concurrent start exclude each other', async () => {
      for (let round = 1; round <= 10; round += 1) {
        const key = (userId: string) => ({ userId, workbenchId: idAt(T0, round) });
        await store.create(stopped(key('ada')));
        const move = () => store.move(stopped({ ...key('bob'), revision: 2 }), 'ada', 1);
        const start = () => store.update(running({ ...key('ada'), revision: 2 }), 1);
        const [first, second] = await Promise.all(round % 2 === 0 ? [move(), start()] : [start(), move()]);
        expect([first, second].filter((outcome) => outcome !== 'conflict')).toHaveLength(1);
        const moved = await store.read(key('bob'));
        const stayed = await store.read(key('ada'));
        expect([moved?.status, stayed?.status].filter((status) => status !== undefined)).toHaveLength(1);
        expect(moved?.status ?? 'stopped').toBe('stopped');
      }
    });

    it('and a concurrent deletion of the record leave at most one record', async () => {
      for (let round = 1; round <= 10; round += 1) {
        const key = (userId: string) => ({ userId, workbenchId: idAt(T0, round) });
        await store.create(stopped(key('ada')));
        const move = () => store.move(stopped({ ...key('bob'), revision: 2 }), 'ada', 1);
        const remove = () => store.delete(key('ada'), 1);
        const outcomes = await Promise.all(round % 2 === 0 ? [move(), remove()] : [remove(), move()]);
        expect(await store.read(key('ada'))).toBeUndefined();
        expect((await store.read(key('bob'))) !== undefined).toBe(outcomes.includes('moved'));
      }
    });

    it('leaves one record after any number of concurrent moves, each after a read', async () => {
      await store.create(stopped(ADA));
      const users = ['ada', 'bob', 'eve'];
      await Promise.all(
        aHundred(async (n) => {
          const to = users[n % users.length] ?? '';
          for (const userId of users) {
            const record = userId === to ? undefined : await store.read({ userId, workbenchId: ID });
            if (record !== undefined)
              await store.move(
                { ...record, userId: to, revision: record.revision + 1 },
                userId,
                record.revision,
              );
          }
        }),
      );
      const owners = await ownersOf();
      expect(owners).toHaveLength(1);
      expect(await store.findMoved(ID)).toEqual({ userId: owners[0], workbenchId: ID });
    });
  });

  describe('create with an idempotency key', () => {
    const expiresAt = T0 + IDEMPOTENCY_RETENTION_MS;
    const claim = { ...ADA, key: 'k', bodyHash: 'h', expiresAt };

    it('creates the record while the claim is open', async () => {
      await claims.claim(claim, T0);
      expect(await store.create(stopped(ADA), 'k')).toBe('created');
      expect(await store.create(stopped(ADA), 'k')).toBe('exists');
      expect(await store.read(ADA)).toEqual(stopped(ADA));
    });

    it('creates no second record once the claim is done and the owner has changed', async () => {
      await claims.claim(claim, T0);
      await store.create(stopped(ADA), 'k');
      await claims.complete('ada', 'k', ID, 'us');
      await store.move(stopped({ ...BOB, revision: 2 }), 'ada', 1);
      expect(await store.create(stopped(ADA), 'k')).toBe('exists');
      expect(await ownersOf()).toEqual(['bob']);
    });

    for (const [name, other] of Object.entries({
      'without a claim': undefined,
      'with the claim of another user': { userId: 'bob' },
      'with the claim of another key': { key: 'other' },
      'with a claim that names another workbench': { workbenchId: idAt(T0, 9) },
    })) {
      it(`creates no record ${name}`, async () => {
        if (other !== undefined) await claims.claim({ ...claim, ...other }, T0);
        expect(await store.create(stopped(ADA), 'k')).toBe('exists');
        expect(await store.read(ADA)).toBeUndefined();
      });
    }
  });
}
