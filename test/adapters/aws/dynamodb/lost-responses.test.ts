import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { aHistoryEntry, ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { openTableUnderTest, type TableUnderTest } from './table-under-test.ts';

/**
 * A write is carried out, its answer is lost, and the SDK sends it again: the second attempt meets the first.
 */
describe('when answers are lost', () => {
  let table: TableUnderTest;
  let store: DynamoWorkbenchStore;
  /** How many of the next attempts are carried out without their answer arriving. */
  let losing = 0;
  /** Done between the attempt whose answer is lost and the next. */
  let meanwhile: () => Promise<void>;

  beforeEach(async () => {
    losing = 0;
    meanwhile = async () => {};
    table = await openTableUnderTest();
    store = new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry);
    table.client.middlewareStack.add(
      (next) => async (args) => {
        if (losing === 0) return next(args);
        losing -= 1;
        await next(args).catch(() => {});
        await meanwhile();
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
      { step: 'finalizeRequest', priority: 'low', name: 'loseAnswers' },
    );
  });
  afterEach(() => table.dispose());

  it('answers a create as created', async () => {
    losing = 1;
    expect(await store.create(stopped())).toBe('created');
    losing = 1;
    expect(await store.create(stopped())).toBe('exists');
  });

  it('answers a create as created although the record has moved on meanwhile', async () => {
    const { others, close } = await otherStore();
    meanwhile = async () => {
      await others.update(stopped({ revision: 2, name: 'moved on' }), 1);
    };
    losing = 1;
    expect(await store.create(stopped())).toBe('created');
    expect((await store.read(keyOf(stopped())))?.name).toBe('moved on');
    close();
  });

  it('answers an update as updated', async () => {
    await store.create(stopped());
    losing = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('updated');
    losing = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('conflict');
  });

  it('does not take the same change by another for its own', async () => {
    await store.create(stopped());
    const { others, close } = await otherStore();
    expect(await others.update(stopped({ revision: 2 }), 1)).toBe('updated');
    losing = 1;
    expect(await store.update(stopped({ revision: 2 }), 1)).toBe('conflict');
    close();
  });

  it('answers an update as a conflict when another has written over it, with the record to be read', async () => {
    await store.create(stopped());
    const { others, close } = await otherStore();
    meanwhile = async () => {
      await others.update(stopped({ revision: 3, name: 'theirs' }), 2);
    };
    losing = 1;
    expect(await store.update(stopped({ revision: 2, name: 'ours' }), 1)).toBe('conflict');
    expect((await store.read(keyOf(stopped())))?.name).toBe('theirs');
    close();
  });

  it('answers a remove as deleted', async () => {
    await store.create(stopped());
    losing = 1;
    expect(await store.delete(keyOf(stopped()), 1)).toBe('deleted');
  });

  it('writes history once', async () => {
    const history = new DynamoHistoryStore(table.client, table.tableName, table.telemetry);
    losing = 1;
    await history.append(ID, [aHistoryEntry()]);
    expect(await history.list(ID)).toEqual([aHistoryEntry()]);
  });

  it('knows its own claim, and its own settling', async () => {
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    const claim = { userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'h', expiresAt: T0 + 1_000 };
    losing = 1;
    expect((await claims.claim(claim, T0)).claimed).toBe(true);
    losing = 1;
    expect((await claims.claim({ ...claim, workbenchId: idAt(T0, 9) }, T0)).claimed).toBe(false);
    losing = 1;
    expect(await claims.complete('ada', 'k', ID, 'us')).toBe('completed');
    losing = 1;
    expect(await claims.complete('ada', 'k', ID, 'them')).toBe('already');
  });

  it('says that the outcome is unknown when no attempt is answered', async () => {
    losing = 3;
    const outcome = await store.create(stopped()).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(PortError);
    expect((outcome as PortError).kind).toBe('unavailable');
    expect(losing).toBe(0);
    expect(await store.read(keyOf(stopped()))).toEqual(stopped());
  });

  /** Somebody else's store over the same table, whose answers all arrive. */
  async function otherStore() {
    const client = table.newClient();
    return {
      others: new DynamoWorkbenchStore(client, table.tableName, table.telemetry),
      close: () => client.destroy(),
    };
  }
});
