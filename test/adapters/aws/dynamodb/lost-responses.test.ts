import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { aHistoryEntry, ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { openTableUnderTest, type TableUnderTest } from './table-under-test.ts';

/** A write succeeds, its response is lost, and the SDK retries it: the second attempt finds the result of the first. */
describe('if responses are lost', () => {
  let table: TableUnderTest;
  let store: DynamoWorkbenchStore;
  /** The number of next attempts that take effect and whose response is lost. */
  let lostResponses = 0;
  /** Runs between an attempt whose response is lost and the next attempt. */
  let betweenAttempts: () => Promise<void>;

  beforeEach(async () => {
    lostResponses = 0;
    betweenAttempts = async () => {};
    table = await openTableUnderTest();
    store = new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry);
    table.client.middlewareStack.add(
      (next) => async (args) => {
        if (lostResponses === 0) return next(args);
        lostResponses -= 1;
        await next(args).catch(() => {});
        await betweenAttempts();
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
      { step: 'finalizeRequest', priority: 'low', name: 'loseResponses' },
    );
  });
  afterEach(() => table.dispose());

  it('returns created for a create', async () => {
    lostResponses = 1;
    expect(await store.create(stopped())).toBe('created');
    lostResponses = 1;
    expect(await store.create(stopped())).toBe('exists');
  });

  it('returns created for a create even if the record was updated meanwhile', async () => {
    const { other, close } = await openOtherStore();
    betweenAttempts = async () => {
      await other.update(stopped({ revision: 2, name: 'updated' }), 1);
    };
    lostResponses = 1;
    expect(await store.create(stopped())).toBe('created');
    expect((await store.read(keyOf(stopped())))?.name).toBe('updated');
    close();
  });

  it('returns updated for an update', async () => {
    await store.create(stopped());
    lostResponses = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('updated');
    lostResponses = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('conflict');
  });

  it('returns conflict if another caller made the same change', async () => {
    await store.create(stopped());
    const { other, close } = await openOtherStore();
    expect(await other.update(stopped({ revision: 2 }), 1)).toBe('updated');
    lostResponses = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('conflict');
    close();
  });

  it('returns conflict if another caller updated the record after the first attempt', async () => {
    await store.create(stopped());
    const { other, close } = await openOtherStore();
    betweenAttempts = async () => {
      await other.update(stopped({ revision: 3, name: 'theirs' }), 2);
    };
    lostResponses = 1;
    expect(await store.update(stopped({ revision: 2, name: 'ours' }), 1)).toBe('conflict');
    expect((await store.read(keyOf(stopped())))?.name).toBe('theirs');
    close();
  });

  it('returns moved for a move, and conflict for the next one', async () => {
    await store.create(stopped());
    const moved = stopped({ userId: 'bob', revision: 2 });
    lostResponses = 1;
    expect(await store.move(moved, stopped().userId, 1)).toBe('moved');
    expect(await store.read(keyOf(stopped()))).toBeUndefined();
    expect(await store.read(keyOf(moved))).toEqual(moved);
    lostResponses = 1;
    expect(await store.move(moved, stopped().userId, 1)).toBe('conflict');
  });

  it('returns created for a create with a claim that is completed meanwhile', async () => {
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    const claim = { userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'h', expiresAt: T0 + 1_000 };
    await claims.claim(claim, T0);
    betweenAttempts = async () => {
      await claims.complete('ada', 'k', ID, 'us');
    };
    lostResponses = 1;
    expect(await store.create(stopped(), 'k')).toBe('created');
    expect(await store.create(stopped({ workbenchId: ID, name: 'second' }), 'k')).toBe('exists');
  });

  it('returns deleted for a delete', async () => {
    await store.create(stopped());
    lostResponses = 1;
    expect(await store.delete(keyOf(stopped()), 1)).toBe('deleted');
  });

  it('writes a history entry once', async () => {
    const history = new DynamoHistoryStore(table.client, table.tableName, table.telemetry);
    lostResponses = 1;
    await history.append(ID, [aHistoryEntry()]);
    expect(await history.list(ID)).toEqual([aHistoryEntry()]);
  });

  it('recognizes its own claim and its own completion', async () => {
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    const claim = { userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'h', expiresAt: T0 + 1_000 };
    lostResponses = 1;
    expect((await claims.claim(claim, T0)).claimed).toBe(true);
    lostResponses = 1;
    expect((await claims.claim({ ...claim, workbenchId: idAt(T0, 9) }, T0)).claimed).toBe(false);
    lostResponses = 1;
    expect(await claims.complete('ada', 'k', ID, 'us')).toBe('completed');
    lostResponses = 1;
    expect(await claims.complete('ada', 'k', ID, 'them')).toBe('already');
  });

  it('is unavailable if no attempt has a response', async () => {
    lostResponses = 3;
    const outcome = await store.create(stopped()).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(PortError);
    expect((outcome as PortError).kind).toBe('unavailable');
    expect(lostResponses).toBe(0);
    expect(await store.read(keyOf(stopped()))).toEqual(stopped());
  });

  /** The store of another caller on the same table, without lost responses. */
  async function openOtherStore() {
    const client = table.newClient();
    return {
      other: new DynamoWorkbenchStore(client, table.tableName, table.telemetry),
      close: () => client.destroy(),
    };
  }
});
