import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoQuotaStore } from '#adapters/aws/dynamodb/quota-store.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareLinkStore } from '#adapters/aws/dynamodb/share-link-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoUsageStore } from '#adapters/aws/dynamodb/usage-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { ACTIVE_SHARDS, DUE_SHARDS } from '#contract/table.ts';
import { CUTOFF_RETENTION_MS } from '#core/ports/session-cutoff-store.ts';
import { START_TIMES_SPAN_MS } from '#core/ports/start-times-store.ts';
import { EMPTY_LEDGER } from '#core/quotas/ledger.ts';
import { scopesOf } from '#core/quotas/limits.ts';
import { aHost, ID, idAt, RUN_ID, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { aLink, LINK_ID } from '#test/contracts/share-link-store.ts';
import { aShare, BOB } from '#test/contracts/share-store.ts';
import { aTicket } from '#test/contracts/ticket-store.ts';
import { aUsageEntry } from '#test/contracts/usage-store.ts';
import { RecordedTelemetry } from '../dynamodb/table-under-test.ts';
import { type Responses, recordingClient } from './recording-client.ts';

const TABLE = 'workbenches';
const KEY = { userId: 'ada', workbenchId: ID };
const RECORD_KEY = { pk: { S: 'user#ada' }, sk: { S: `workbench#${ID}` } };
/** 72 random bits. They identify a write whose response was lost. */
const TOKEN = { S: expect.stringMatching(/^[\w-]{12}$/) };

const INSTANCE_ID = 'i-0123456789abcdef0';
const STARTING = starting({ host: aHost() });

/** Without user id and workbench id, which are in the key of the item. */
const STARTING_RECORD = {
  M: marshall({
    schemaVersion: 1,
    name: 'AutoCyber',
    spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 },
    host: {
      instanceType: 'm7i.large',
      generation: 1,
      state: 'running',
      instanceId: INSTANCE_ID,
      agentConnected: true,
    },
    unexpectedTasks: [],
    createdAt: T0,
    updatedAt: T0,
    revision: 1,
    failures: 0,
    historySeq: 1,
    outbox: [],
    status: 'starting',
    desired: 'running',
    run: { phase: 'preparing', runId: RUN_ID, attempt: 1 },
    startedAt: T0,
    deadlineAt: T0 + 15 * 60_000,
    nextDriveAt: T0,
  }),
};

function workbenchesWith(responses: Responses = {}) {
  const recorded = recordingClient(responses);
  return { ...recorded, store: new DynamoWorkbenchStore(recorded.client, TABLE, new RecordedTelemetry()) };
}

describe('a record', () => {
  it('is created only if it does not exist, with the attributes of every index that lists it', async () => {
    const { store, sent } = workbenchesWith();
    await store.create(STARTING);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...RECORD_KEY,
            ix_workbench: { S: ID },
            ix_instance: { S: INSTANCE_ID },
            // A hash of the workbench id chooses the partition. It must not change, because items are stored there.
            ix_due_shard: { S: 'due#2' },
            ix_due_at: { N: String(T0) },
            ix_active_shard: { S: 'active#2' },
            record: STARTING_RECORD,
            write_token: TOKEN,
            create_token: TOKEN,
          },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]);
  });

  it('is updated only from the expected revision, in every index that lists it', async () => {
    const { store, sent } = workbenchesWith();
    await store.update(STARTING, 7);
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: RECORD_KEY,
          // Not create_token: it identifies the first write.
          UpdateExpression:
            'SET #record = :record, #write_token = :write_token, ix_workbench = :ix_workbench, ' +
            'ix_instance = :ix_instance, ix_due_shard = :ix_due_shard, ix_due_at = :ix_due_at, ' +
            'ix_active_shard = :ix_active_shard',
          ConditionExpression: '#record.#revision = :expected',
          ExpressionAttributeNames: {
            '#record': 'record',
            '#write_token': 'write_token',
            '#revision': 'revision',
          },
          ExpressionAttributeValues: {
            ':ix_workbench': { S: ID },
            ':ix_instance': { S: INSTANCE_ID },
            ':ix_due_shard': { S: 'due#2' },
            ':ix_due_at': { N: String(T0) },
            ':ix_active_shard': { S: 'active#2' },
            ':record': STARTING_RECORD,
            ':write_token': TOKEN,
            ':expected': { N: '7' },
          },
        },
      },
    ]);
  });

  it('is updated or moved in one transaction with what its ended meter has counted', async () => {
    const { store, sent } = workbenchesWith();
    const entry = aUsageEntry({ workbenchId: ID });
    await store.update(stopped(), 7, [entry]);
    await store.move(stopped({ userId: 'grace' }), 'ada', 7, [entry]);
    const put = {
      Put: {
        TableName: TABLE,
        Item: {
          pk: { S: 'usage#ada' },
          sk: { S: `2030-03#${ID}#0000000001` },
          usage: { M: marshall(entry) },
          expires_at: { N: String(Date.parse('2030-03-01T00:00:00Z') / 1000 + 460 * 24 * 60 * 60) },
        },
      },
    };
    expect(sent.map(({ name }) => name)).toEqual(['TransactWriteItems', 'TransactWriteItems']);
    const [updated, moved] = sent.map(({ input }) => (input as { TransactItems: object[] }).TransactItems);
    expect(updated).toEqual([
      { Update: expect.objectContaining({ ConditionExpression: '#record.#revision = :expected' }) },
      put,
    ]);
    expect(moved?.at(-1)).toEqual(put);
  });

  it('that is settled and stopped leaves the indexes that do not list it', async () => {
    const { store, sent } = workbenchesWith();
    await store.update(stopped(), 7);
    expect(sent[0]?.input).toMatchObject({
      UpdateExpression:
        'SET #record = :record, #write_token = :write_token, ix_workbench = :ix_workbench ' +
        'REMOVE ix_instance, ix_due_shard, ix_due_at, ix_active_shard',
      // DynamoDB refuses a value that no expression uses.
      ExpressionAttributeValues: {
        ':ix_workbench': { S: ID },
        ':record': expect.anything(),
        ':write_token': TOKEN,
        ':expected': { N: '7' },
      },
    });
  });

  it('is deleted from the expected revision, or if an earlier attempt has deleted it', async () => {
    const { store, sent } = workbenchesWith();
    await store.delete(KEY, 7);
    expect(sent).toEqual([
      {
        name: 'DeleteItem',
        input: {
          TableName: TABLE,
          Key: RECORD_KEY,
          ConditionExpression: 'attribute_not_exists(pk) OR #record.#revision = :expected',
          ExpressionAttributeNames: { '#record': 'record', '#revision': 'revision' },
          ExpressionAttributeValues: { ':expected': { N: '7' } },
        },
      },
    ]);
  });

  it('is postponed only while it is due, without its content', async () => {
    const { store, sent } = workbenchesWith();
    await store.postpone(KEY, T0, T0 + 1);
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: RECORD_KEY,
          UpdateExpression: 'SET #due = :until',
          // Also false if the attribute is absent: a settled record must not become due.
          ConditionExpression: '#due <= :now',
          ExpressionAttributeNames: { '#due': 'ix_due_at' },
          ExpressionAttributeValues: { ':until': { N: String(T0 + 1) }, ':now': { N: String(T0) } },
        },
      },
    ]);
  });

  it('is read consistently, because effects follow from it', async () => {
    const { store, sent } = workbenchesWith();
    await store.read(KEY);
    expect(sent).toEqual([
      { name: 'GetItem', input: { TableName: TABLE, Key: RECORD_KEY, ConsistentRead: true } },
    ]);
  });

  it('is listed newest first and consistently, with one more than the page', async () => {
    const { store, sent } = workbenchesWith();
    await store.listByUser('ada', { limit: 20, after: ID });
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          // A client reads its own writes.
          ConsistentRead: true,
          // Ids begin with the time of the creation.
          ScanIndexForward: false,
          Limit: 21,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :workbench)',
          ExpressionAttributeValues: { ':pk': { S: 'user#ada' }, ':workbench': { S: 'workbench#' } },
          ExclusiveStartKey: RECORD_KEY,
        },
      },
    ]);
  });

  it('is not read by a health check, whose key never exists', async () => {
    const { store, sent } = workbenchesWith();
    await store.ping();
    expect(sent).toEqual([
      {
        name: 'GetItem',
        input: { TableName: TABLE, Key: { pk: { S: 'system#ping' }, sk: { S: 'ping' } } },
      },
    ]);
  });
});

describe('an index', () => {
  it.each([
    ['due', '<=', 'listDue'],
    ['due later', '>', 'listDueAfter'],
  ] as const)('of records that are %s is queried in all partitions: %s', async (_, comparison, list) => {
    const { store, sent } = workbenchesWith();
    await store[list](T0, 50);
    expect(sent).toEqual(
      Array.from({ length: DUE_SHARDS }, (_, shard) => ({
        name: 'Query',
        input: {
          TableName: TABLE,
          IndexName: 'due',
          KeyConditionExpression: `ix_due_shard = :partition AND ix_due_at ${comparison} :time`,
          ExpressionAttributeValues: { ':partition': { S: `due#${shard}` }, ':time': { N: String(T0) } },
          // For each partition: all due records may be in one.
          Limit: 50,
        },
      })),
    );
  });

  it('of active records is queried partition by partition', async () => {
    const { store, sent } = workbenchesWith();
    let cursor: string | undefined;
    do ({ cursor } = await store.listActive(cursor));
    while (cursor !== undefined);
    expect(sent).toEqual(
      Array.from({ length: ACTIVE_SHARDS }, (_, shard) => ({
        name: 'Query',
        input: {
          TableName: TABLE,
          IndexName: 'active',
          KeyConditionExpression: 'ix_active_shard = :partition',
          ExpressionAttributeValues: { ':partition': { S: `active#${shard}` } },
          Limit: 100,
        },
      })),
    );
  });

  it('of active records is continued after the last record of a page', async () => {
    const { store, sent } = workbenchesWith({
      Query: { Items: [{ ...RECORD_KEY }], LastEvaluatedKey: RECORD_KEY },
    });
    const { cursor } = await store.listActive();
    await store.listActive(cursor);
    expect(sent[1]?.input).toMatchObject({
      // The key of the item and the keys of the index.
      ExclusiveStartKey: { ...RECORD_KEY, ix_active_shard: { S: 'active#0' }, ix_workbench: { S: ID } },
    });
  });

  it.each([
    ['by-workbench', 'ix_workbench', 'findByWorkbenchId'],
    ['by-instance', 'ix_instance', 'findByInstanceId'],
  ] as const)('%s is queried for one record', async (index, attribute, method) => {
    const { store, sent } = workbenchesWith();
    await store[method]('a');
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          IndexName: index,
          KeyConditionExpression: `${attribute} = :value`,
          ExpressionAttributeValues: { ':value': { S: 'a' } },
          Limit: 1,
        },
      },
    ]);
  });
});

describe('the history of a workbench', () => {
  const historyKey = (seq: number) => ({
    pk: { S: `history#${ID}` },
    // Padded, so that the sort keys sort like the numbers.
    sk: { S: String(seq).padStart(10, '0') },
  });
  const historyWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    return { ...recorded, store: new DynamoHistoryStore(recorded.client, TABLE, new RecordedTelemetry()) };
  };

  it('gets an entry once, and loses the one that is too old', async () => {
    const { store, sent } = historyWith();
    await store.append(ID, [{ seq: 101, at: T0, type: 'created', by: 'ada', to: 'starting' }]);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...historyKey(101),
            entry: { M: marshall({ seq: 101, at: T0, type: 'created', by: 'ada', to: 'starting' }) },
          },
          // Writing it again would remove the expiry that a delete has set.
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      { name: 'DeleteItem', input: { TableName: TABLE, Key: historyKey(1) } },
    ]);
  });

  it('has the event of an entry in its item, for the stream of the table', async () => {
    const { store, inputsOf } = historyWith();
    const entries = [1, 2].map((seq) => ({ seq, at: T0, type: 'updated' as const }));
    const event = aWorkbenchEvent(2);
    await store.append(ID, entries, [event]);
    const [first, second] = inputsOf('PutItem') as { readonly Item: object }[];
    expect(first?.Item).toEqual({ ...historyKey(1), entry: { M: marshall(entries[0] ?? {}) } });
    expect(second?.Item).toEqual({
      ...historyKey(2),
      entry: { M: marshall(entries[1] ?? {}) },
      event: { S: JSON.stringify(event) },
    });
  });

  it('is listed newest first and consistently, at most 100 entries', async () => {
    const { store, sent } = historyWith();
    await store.list(ID);
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: 100,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: `history#${ID}` } },
        },
      },
    ]);
  });

  it('expires entry by entry, in seconds rounded up', async () => {
    const { store, sent } = historyWith({ Query: { Items: [historyKey(1)] } });
    await store.expire(ID, T0 + 1);
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          // A stale page may lack the newest entries, which would then never expire.
          ConsistentRead: true,
          ProjectionExpression: 'pk, sk',
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: `history#${ID}` } },
        },
      },
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: historyKey(1),
          UpdateExpression: 'SET expires_at = :at',
          // An update of a deleted entry would create an item.
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':at': { N: String(T0 / 1000 + 1) } },
        },
      },
    ]);
  });
});

describe('an idempotency key', () => {
  const CLAIM_KEY = { pk: { S: 'user#ada' }, sk: { S: 'idempotency#key' } };

  it('is claimed if it is free or expired', async () => {
    const { client, sent } = recordingClient();
    const claim = { userId: 'ada', key: 'key', workbenchId: ID, bodyHash: 'hash', expiresAt: T0 + 1 };
    await new DynamoIdempotencyStore(client, TABLE).claim(claim, T0);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...CLAIM_KEY,
            workbench_id: { S: ID },
            body_hash: { S: 'hash' },
            claim_state: { S: 'open' },
            // The TTL counts in seconds and deletes late: the condition below decides.
            expires_at_ms: { N: String(T0 + 1) },
            expires_at: { N: String(T0 / 1000 + 1) },
          },
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at_ms <= :now',
          ExpressionAttributeValues: { ':now': { N: String(T0) } },
        },
      },
    ]);
  });

  it('is completed once, by the claimed workbench', async () => {
    const { client, sent } = recordingClient();
    await new DynamoIdempotencyStore(client, TABLE).complete('ada', 'key', ID, 'request-1');
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: CLAIM_KEY,
          UpdateExpression: 'SET claim_state = :done, completed_by = :completed_by',
          ConditionExpression: 'workbench_id = :id AND claim_state = :open',
          ExpressionAttributeValues: {
            ':id': { S: ID },
            ':open': { S: 'open' },
            ':done': { S: 'done' },
            ':completed_by': { S: 'request-1' },
          },
        },
      },
    ]);
  });

  it('is read consistently after a refused claim', async () => {
    const refused = Object.assign(new Error(), { name: 'ConditionalCheckFailedException' });
    const { client, inputsOf } = recordingClient({
      UpdateItem: () => {
        throw refused;
      },
    });
    await new DynamoIdempotencyStore(client, TABLE).complete('ada', 'key', ID, 'request-1');
    expect(inputsOf('GetItem')).toEqual([{ TableName: TABLE, Key: CLAIM_KEY, ConsistentRead: true }]);
  });
});

describe('a completed start', () => {
  it('is counted in the item of its week and group, which expires after eight weeks', async () => {
    const { client, sent } = recordingClient();
    const week = 3_141 * START_TIMES_SPAN_MS;
    const start = { kind: 'first', instanceType: 'm7i.large', tookMs: 1, at: week + 5 } as const;
    await new DynamoStartTimesStore(client, TABLE).add(start, 7);
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: { pk: { S: 'system#start-times' }, sk: { S: `${week}#first#m7i.large` } },
          // Without a condition: concurrent starts all count.
          UpdateExpression: 'ADD #bucket :one SET #ttl = :expires_at',
          ExpressionAttributeNames: { '#bucket': 'b7', '#ttl': 'expires_at' },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':expires_at': { N: String((week + 8 * START_TIMES_SPAN_MS) / 1000) },
          },
        },
      },
    ]);
  });

  it('is listed by one query from the first week that counts', async () => {
    const { client, sent } = recordingClient();
    await new DynamoStartTimesStore(client, TABLE).list(1_900_000_000_000);
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          Limit: 500,
          ScanIndexForward: false,
          KeyConditionExpression: 'pk = :pk AND sk >= :from',
          ExpressionAttributeValues: { ':pk': { S: 'system#start-times' }, ':from': { S: '1900000000000' } },
        },
      },
    ]);
  });
});

describe('a quota', () => {
  const ADA_LIMITS = { pk: { S: 'quota-user#ada' }, sk: { S: 'limits' } };
  const ADA_LEDGER = { pk: { S: 'quota-ledger#11' }, sk: { S: 'ada' } };

  it('is read consistently by one call: the limits of every scope, the ledger and the groups', async () => {
    const { client, sent } = recordingClient();
    await new DynamoQuotaStore(client, TABLE).read('ada', scopesOf('ada', ['research']));
    expect(sent).toEqual([
      {
        name: 'BatchGetItem',
        input: {
          RequestItems: {
            [TABLE]: {
              Keys: [
                ADA_LEDGER,
                { pk: { S: ADA_LEDGER.pk.S.replace('ledger', 'users') }, sk: { S: 'ada' } },
                { pk: { S: 'quota-installation' }, sk: { S: 'limits' } },
                { pk: { S: 'quota-group#research' }, sk: { S: 'limits' } },
                ADA_LIMITS,
              ],
              // A request that was counted before must be seen.
              ConsistentRead: true,
            },
          },
        },
      },
    ]);
  });

  it('has a ledger that is written only if it was not written since it was read', async () => {
    const { client, sent } = recordingClient();
    const store = new DynamoQuotaStore(client, TABLE);
    const Item = (revision: string) => ({
      ...ADA_LEDGER,
      revision: { N: revision },
      ledger: { M: marshall(EMPTY_LEDGER) },
    });
    await store.writeLedger('ada', EMPTY_LEDGER, undefined);
    await store.writeLedger('ada', EMPTY_LEDGER, 7);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: { TableName: TABLE, Item: Item('1'), ConditionExpression: 'attribute_not_exists(pk)' },
      },
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: Item('8'),
          ConditionExpression: 'revision = :revision',
          ExpressionAttributeValues: { ':revision': { N: '7' } },
        },
      },
    ]);
  });

  it('has limits that replace those of the scope, and a ledger that is read by itself to give back', async () => {
    const { client, sent } = recordingClient();
    const store = new DynamoQuotaStore(client, TABLE);
    await store.writeLimits({ kind: 'user', userId: 'ada' }, { running: 2, gpus: null });
    await store.readLedger('ada');
    await store.readLimits({ kind: 'user', userId: 'ada' });
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...ADA_LIMITS,
            // For people who read the table.
            scope: { S: 'user:ada' },
            limits: { M: marshall({ running: 2, gpus: null }) },
          },
        },
      },
      { name: 'GetItem', input: { TableName: TABLE, Key: ADA_LEDGER, ConsistentRead: true } },
      { name: 'GetItem', input: { TableName: TABLE, Key: ADA_LIMITS, ConsistentRead: true } },
    ]);
  });

  it('is listed for the sweep shard by shard, keys only', async () => {
    const { client, sent } = recordingClient({ Query: () => ({ Items: [{ sk: { S: 'ada' } }] }) });
    const store = new DynamoQuotaStore(client, TABLE);
    const { userIds, cursor } = await store.listLedgers();
    expect(userIds).toEqual(['ada']);
    await store.listLedgers(cursor);
    expect(sent.map(({ input }) => input)).toEqual(
      ['quota-ledger#0', 'quota-ledger#1'].map((pk) => ({
        TableName: TABLE,
        Limit: 100,
        KeyConditionExpression: 'pk = :pk',
        ProjectionExpression: 'sk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      })),
    );
  });
});

describe('the usage of a month', () => {
  const KEY = { pk: { S: 'usage#ada' }, sk: { S: '2030-03#wb2#0000000001' } };

  it('is one item for each meter, which no earlier revision replaces, for 460 days', async () => {
    const { client, sent } = recordingClient();
    await new DynamoUsageStore(client, TABLE).save([aUsageEntry()]);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...KEY,
            usage: { M: expect.objectContaining({ micros: { N: '1234567' }, revision: { N: '7' } }) },
            expires_at: { N: String(Date.UTC(2030, 2, 1) / 1000 + 460 * 86_400) },
          },
          ConditionExpression: 'attribute_not_exists(pk) OR #usage.#revision <= :revision',
          ExpressionAttributeNames: { '#usage': 'usage', '#revision': 'revision' },
          ExpressionAttributeValues: { ':revision': { N: '7' } },
        },
      },
    ]);
  });

  it('is listed by one strongly consistent query of the month', async () => {
    const { client, sent } = recordingClient();
    await new DynamoUsageStore(client, TABLE).list('ada', '2030-03', { limit: 7, after: 'wb9' });
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': { S: 'usage#ada' },
            ':from': { S: '2030-03#' },
            ':to': { S: '2030-03#wb9!' },
          },
          ScanIndexForward: false,
          Limit: 7,
        },
      },
    ]);
  });
});

describe('a start', () => {
  it('is counted in its minute while the maximum is not reached, for an hour', async () => {
    const { client, sent } = recordingClient();
    const minute = 1_900_000_020_000;
    await new DynamoStartRateStore(client, TABLE).count('ada', minute, 7);
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: { pk: { S: 'user#ada' }, sk: { S: 'starts#1900000020000' } },
          UpdateExpression: 'ADD start_count :one SET #ttl = :expires_at',
          ConditionExpression: 'attribute_not_exists(start_count) OR start_count < :max',
          ExpressionAttributeNames: { '#ttl': 'expires_at' },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':max': { N: '7' },
            ':expires_at': { N: String(minute / 1000 + 60 * 60) },
          },
        },
      },
    ]);
  });
});

describe('activity', () => {
  const activityKey = (id: string) => ({ pk: { S: `activity#${id}` }, sk: { S: 'activity' } });
  const activityWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    const waits: number[] = [];
    const wait = async (ms: number) => waits.push(ms);
    return { ...recorded, waits, store: new DynamoActivityStore(recorded.client, TABLE, wait) };
  };

  it('is written if it is later than the stored one, and expires after 400 days', async () => {
    const { store, sent } = activityWith();
    await store.record(ID, T0 + 1);
    expect(sent).toEqual([
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: activityKey(ID),
          UpdateExpression: 'SET seen = :at, #ttl = :expires_at',
          // Another task of the gate may have written a later one.
          ConditionExpression: 'attribute_not_exists(seen) OR seen < :at',
          ExpressionAttributeNames: { '#ttl': 'expires_at' },
          ExpressionAttributeValues: {
            ':at': { N: String(T0 + 1) },
            ':expires_at': { N: String(T0 / 1000 + 400 * 24 * 60 * 60 + 1) },
          },
        },
      },
    ]);
  });

  it('is read for a page of workbenches by one call, and not consistently', async () => {
    const other = idAt(T0, 2);
    const found = { ...activityKey(other), seen: { N: String(T0) } };
    const { store, sent } = activityWith({ BatchGetItem: { Responses: { [TABLE]: [found] } } });
    expect(await store.read([ID, other, ID])).toEqual(new Map([[other, T0]]));
    expect(sent).toEqual([
      {
        name: 'BatchGetItem',
        input: {
          RequestItems: {
            [TABLE]: {
              // DynamoDB refuses a key that is named twice.
              Keys: [activityKey(ID), activityKey(other)],
              ProjectionExpression: 'pk, seen',
            },
          },
        },
      },
    ]);
  });

  it('is asked for again where DynamoDB did not process all keys, three times at most', async () => {
    const unprocessed = { UnprocessedKeys: { [TABLE]: { Keys: [activityKey(ID)] } } };
    const { store, sent, waits } = activityWith({ BatchGetItem: unprocessed });
    await expect(store.read([idAt(T0, 2), ID])).rejects.toMatchObject({ kind: 'throttled' });
    expect(sent.map(({ input }) => Object(input).RequestItems[TABLE].Keys)).toEqual([
      [activityKey(idAt(T0, 2)), activityKey(ID)],
      [activityKey(ID)],
      [activityKey(ID)],
    ]);
    expect(waits).toEqual([50, 200]);
  });

  it('is deleted with its workbench', async () => {
    const { store, sent } = activityWith();
    await store.delete(ID);
    expect(sent).toEqual([{ name: 'DeleteItem', input: { TableName: TABLE, Key: activityKey(ID) } }]);
  });
});

describe('a share', () => {
  const SHARE_KEY = { pk: { S: `share#${ID}` }, sk: { S: 'user#bob' } };
  const GRANTEE_KEY = { pk: { S: 'grantee#user#bob' }, sk: { S: ID } };
  const LINK_KEY = { pk: { S: `share#${ID}` }, sk: { S: 'link#x' } };
  const SHARE = { M: marshall({ role: 'use', ownerId: 'ada', createdBy: 'ada', createdAt: T0 }) };
  const sharesWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    return { ...recorded, store: new DynamoShareStore(recorded.client, TABLE) };
  };

  it('is written after the entry in the list of its grantee', async () => {
    const { store, sent } = sharesWith();
    await store.put(aShare());
    expect(sent).toEqual([
      { name: 'PutItem', input: { TableName: TABLE, Item: GRANTEE_KEY } },
      { name: 'PutItem', input: { TableName: TABLE, Item: { ...SHARE_KEY, share: SHARE } } },
    ]);
  });

  it('expires with its entry, in whole seconds after its time', async () => {
    const { store, inputsOf } = sharesWith();
    await store.put(aShare({ expiresAt: T0 + 1 }));
    expect(inputsOf('PutItem').map((input) => Object(input).Item.expires_at)).toEqual([
      { N: String(T0 / 1000 + 1) },
      { N: String(T0 / 1000 + 1) },
    ]);
  });

  it('is read consistently, 100 keys in one call', async () => {
    const found = { ...SHARE_KEY, share: SHARE };
    const { store, sent } = sharesWith({ BatchGetItem: { Responses: { [TABLE]: [found] } } });
    const key = { workbenchId: ID, grantee: BOB };
    expect(await store.read([key, { workbenchId: ID, grantee: { kind: 'organisation' } }, key])).toEqual([
      aShare(),
    ]);
    expect(sent).toEqual([
      {
        name: 'BatchGetItem',
        input: {
          RequestItems: {
            [TABLE]: {
              Keys: [SHARE_KEY, { ...SHARE_KEY, sk: { S: 'organisation' } }],
              // A share that was taken back gives no right any more.
              ConsistentRead: true,
            },
          },
        },
      },
    ]);
    sent.length = 0;
    await store.read(Array.from({ length: 101 }, (_, n) => ({ workbenchId: idAt(T0, n), grantee: BOB })));
    expect(sent.map(({ input }) => Object(input).RequestItems[TABLE].Keys.length)).toEqual([100, 1]);
  });

  it('is listed with the others of its workbench, consistently, without other items of the partition', async () => {
    const { store, sent } = sharesWith({ Query: { Items: [LINK_KEY, { ...SHARE_KEY, share: SHARE }] } });
    expect(await store.listByWorkbench(ID)).toEqual([aShare()]);
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: `share#${ID}` } },
        },
      },
    ]);
  });

  it('is found by its grantee with one call for each page, the newest workbench first', async () => {
    const { store, sent } = sharesWith({ Query: { Items: [GRANTEE_KEY] } });
    expect(await store.listByGrantee(BOB, { limit: 5, after: idAt(T0, 9) })).toEqual([ID]);
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk AND sk < :after',
          ExpressionAttributeValues: { ':pk': { S: 'grantee#user#bob' }, ':after': { S: idAt(T0, 9) } },
          ScanIndexForward: false,
          Limit: 5,
        },
      },
    ]);
  });

  it('is deleted before its entry, so that the right ends first', async () => {
    const { store, sent } = sharesWith();
    await store.delete({ workbenchId: ID, grantee: BOB });
    expect(sent).toEqual(
      [SHARE_KEY, GRANTEE_KEY].map((Key) => ({ name: 'DeleteItem', input: { TableName: TABLE, Key } })),
    );
  });

  it('is deleted for its link only if the link gave it, and its entry only with it', async () => {
    const { store, sent } = sharesWith();
    await store.deleteByLink({ workbenchId: ID, grantee: BOB }, LINK_ID);
    const condition = {
      // An earlier call may have deleted the share and not its entry.
      ConditionExpression: 'attribute_not_exists(pk) OR #share.#linkId = :linkId',
      ExpressionAttributeNames: { '#share': 'share', '#linkId': 'linkId' },
      ExpressionAttributeValues: { ':linkId': { S: LINK_ID } },
    };
    expect(sent).toEqual([
      { name: 'DeleteItem', input: { TableName: TABLE, Key: SHARE_KEY, ...condition } },
      { name: 'DeleteItem', input: { TableName: TABLE, Key: GRANTEE_KEY } },
    ]);
    const written = sharesWith({
      DeleteItem: () => {
        throw Object.assign(new Error(), { name: 'ConditionalCheckFailedException' });
      },
    });
    await written.store.deleteByLink({ workbenchId: ID, grantee: BOB }, LINK_ID);
    expect(written.sent).toHaveLength(1);
  });

  it('is deleted after its entry with the workbench, and everything else of the partition as well', async () => {
    const { store, inputsOf } = sharesWith({
      Query: { Items: [LINK_KEY, { ...SHARE_KEY, share: SHARE }] },
    });
    await store.deleteAll(ID);
    expect(inputsOf('DeleteItem')).toEqual(
      [LINK_KEY, GRANTEE_KEY, SHARE_KEY].map((Key) => ({ TableName: TABLE, Key })),
    );
  });
});

describe('a link', () => {
  const KEY = { pk: { S: `share#${ID}` }, sk: { S: `link#${LINK_ID}` } };
  const { workbenchId: _workbench, linkId: _link, usesLeft: _left, ...stored } = aLink();
  const itemWith = (usesLeft: number) => ({
    ...KEY,
    link: { M: marshall(stored) },
    uses_left: { N: String(usesLeft) },
    // A day after it can be redeemed.
    expires_at: { N: String((T0 + 60_000) / 1000 + 86_400) },
  });
  const linksWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    return { ...recorded, store: new DynamoShareLinkStore(recorded.client, TABLE) };
  };

  it('is one item with the hash of its secret, in the partition of the shares', async () => {
    const { store, sent } = linksWith();
    await store.create(aLink());
    expect(sent).toEqual([{ name: 'PutItem', input: { TableName: TABLE, Item: itemWith(2) } }]);
  });

  it('is read and listed consistently', async () => {
    const { store, sent } = linksWith({ GetItem: { Item: itemWith(1) }, Query: { Items: [itemWith(1)] } });
    expect(await store.read(aLink())).toEqual(aLink({ usesLeft: 1 }));
    expect(await store.listByWorkbench(ID)).toEqual([aLink({ usesLeft: 1 })]);
    expect(sent).toEqual([
      { name: 'GetItem', input: { TableName: TABLE, Key: KEY, ConsistentRead: true } },
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :link)',
          ExpressionAttributeValues: { ':pk': { S: `share#${ID}` }, ':link': { S: 'link#' } },
        },
      },
    ]);
  });

  it('counts a use and writes the share in one transaction, if neither has changed', async () => {
    const { store, sent, inputsOf } = linksWith();
    const share = aShare({ linkId: LINK_ID });
    expect(await store.redeem(aLink(), { share })).toBe('done');
    expect(sent.map(({ name }) => name)).toEqual(['PutItem', 'TransactWriteItems']);
    const [{ TransactItems }] = inputsOf('TransactWriteItems').map(Object) as [{ TransactItems: object[] }];
    expect(TransactItems).toMatchObject([
      {
        Put: {
          Item: itemWith(1),
          ConditionExpression: 'uses_left = :read',
          ExpressionAttributeValues: { ':read': { N: '2' } },
        },
      },
      {
        Put: {
          Item: { pk: { S: `share#${ID}` }, sk: { S: 'user#bob' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]);
  });

  it.each(['ConditionalCheckFailed', 'TransactionConflict'])('is refused after %s', async (Code) => {
    const error = Object.assign(new Error(), {
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code }],
    });
    const { store } = linksWith({
      TransactWriteItems: () => {
        throw error;
      },
    });
    expect(await store.redeem(aLink(), { share: aShare() })).toBe('refused');
  });
});

describe('a ticket', () => {
  const TICKET_KEY = { pk: { S: `ticket#${aTicket().hash}` }, sk: { S: 'ticket' } };
  const STORED = { ...TICKET_KEY, ticket: { M: marshall(aTicket()) } };
  const ticketsWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    return { ...recorded, store: new DynamoTicketStore(recorded.client, TABLE) };
  };

  it('is stored under the hash of its secret, until the last page for it has expired', async () => {
    const { store, sent } = ticketsWith();
    await store.create({ ...aTicket(), issuerSession: undefined });
    const expiresAt = { N: String(Math.ceil(aTicket().expiresAt / 1000) + 360) };
    expect(sent).toEqual([
      { name: 'PutItem', input: { TableName: TABLE, Item: { ...STORED, expires_at: expiresAt } } },
    ]);
  });

  it('is read from the leader of its partition, and stays', async () => {
    const { store, sent } = ticketsWith({ GetItem: { Item: STORED } });
    expect(await store.read(aTicket().hash)).toEqual(aTicket());
    expect(sent).toEqual([
      { name: 'GetItem', input: { TableName: TABLE, Key: TICKET_KEY, ConsistentRead: true } },
    ]);
  });

  it('is burnt by the deletion that receives it', async () => {
    const { store, sent } = ticketsWith({ DeleteItem: { Attributes: STORED } });
    expect(await store.burn(aTicket().hash)).toEqual(aTicket());
    expect(sent).toEqual([
      { name: 'DeleteItem', input: { TableName: TABLE, Key: TICKET_KEY, ReturnValues: 'ALL_OLD' } },
    ]);
  });

  it('admits nowhere if this version cannot read it', async () => {
    const { store } = ticketsWith({ DeleteItem: { Attributes: TICKET_KEY } });
    await expect(store.burn(aTicket().hash)).rejects.toThrow();
  });
});

describe('the cutoffs of a user', () => {
  const CUTOFF_KEY = { pk: { S: 'cutoff#ada' }, sk: { S: 'cutoff' } };
  const READ = { name: 'GetItem', input: { TableName: TABLE, Key: CUTOFF_KEY, ConsistentRead: true } };
  const cutoffsWith = (responses: Responses = {}) => {
    const recorded = recordingClient(responses);
    return { ...recorded, store: new DynamoSessionCutoffStore(recorded.client, TABLE) };
  };
  const expiresAt = (at: number) => ({ N: String(Math.ceil((at + CUTOFF_RETENTION_MS) / 1000)) });

  it('are read consistently, so that a sign-out that has returned counts', async () => {
    const { store, sent } = cutoffsWith();
    expect(await store.read('ada')).toEqual({ byIssuerSession: {} });
    expect(sent).toEqual([READ]);
  });

  it('are created only if there are none', async () => {
    const { store, sent } = cutoffsWith();
    await store.raise('ada', T0);
    expect(sent).toEqual([
      READ,
      {
        name: 'UpdateItem',
        input: {
          TableName: TABLE,
          Key: CUTOFF_KEY,
          UpdateExpression: 'SET cutoffs = :cutoffs, revision = :next, #ttl = :expires_at',
          ConditionExpression: 'attribute_not_exists(pk)',
          ExpressionAttributeNames: { '#ttl': 'expires_at' },
          ExpressionAttributeValues: {
            ':cutoffs': { M: { all: { N: String(T0) }, byIssuerSession: { M: {} } } },
            ':next': { N: '1' },
            ':expires_at': expiresAt(T0),
          },
        },
      },
    ]);
  });

  it('are changed only if no other call changed them since they were read', async () => {
    const stored = { ...CUTOFF_KEY, cutoffs: { M: { byIssuerSession: { M: {} } } }, revision: { N: '7' } };
    const { store, sent } = cutoffsWith({ GetItem: { Item: stored } });
    await store.raise('ada', T0, 'constructor');
    expect(sent[1]?.input).toMatchObject({
      ConditionExpression: 'revision = :revision',
      ExpressionAttributeValues: {
        ':cutoffs': { M: { byIssuerSession: { M: { constructor: { N: String(T0) } } } } },
        ':revision': { N: '7' },
        ':next': { N: '8' },
      },
    });
  });
});

describe('free capacity', () => {
  const capacityItem = {
    pk: { S: 'system#free-capacity' },
    sk: { S: 'abc' },
    observed_version: { N: '4' },
    observed_at: { N: String(T0) },
    // Without reports for two hours the instance is regarded as gone.
    expires_at: { N: String(T0 / 1000 + 2 * 60 * 60) },
  };
  // An event may arrive late: an older version must not replace a newer one.
  const condition = {
    ConditionExpression: 'attribute_not_exists(pk) OR observed_version < :version',
    ExpressionAttributeValues: { ':version': { N: '4' } },
  };

  it('is stored if its version is newer', async () => {
    const { client, sent } = recordingClient();
    await new DynamoFreeCapacityStore(client, TABLE).save({
      containerInstanceId: 'abc',
      provider: 'staging-standard',
      cpuUnits: 1024,
      memoryMib: 2048,
      gpuCount: 1,
      interfaces: 17,
      version: 4,
      at: T0,
    });
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            ...capacityItem,
            provider: { S: 'staging-standard' },
            cpu_units: { N: '1024' },
            memory_mib: { N: '2048' },
            gpu_count: { N: '1' },
            interfaces: { N: '17' },
          },
          ...condition,
        },
      },
    ]);
  });

  it('of a removed instance is replaced by its version', async () => {
    const { client, sent } = recordingClient();
    await new DynamoFreeCapacityStore(client, TABLE).remove({
      containerInstanceId: 'abc',
      version: 4,
      at: T0,
    });
    expect(sent).toEqual([
      { name: 'PutItem', input: { TableName: TABLE, Item: capacityItem, ...condition } },
    ]);
  });
});

describe('the report of a sweep', () => {
  const report = {
    sweep: 'active' as const,
    startedAt: T0,
    endedAt: T0 + 1,
    checked: 1,
    repaired: 0,
    deleted: 0,
    quarantined: 0,
    waiting: 0,
    failed: 0,
    alarm: false,
    findings: [],
  };

  it('is stored by the end of the sweep, and expires', async () => {
    const { client, sent } = recordingClient();
    await new DynamoReportStore(client, TABLE, new RecordedTelemetry()).add(report);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: {
          TableName: TABLE,
          Item: {
            pk: { S: 'system#reports' },
            sk: { S: `${T0 + 1}#active` },
            report: { M: marshall(report) },
            // A week after the end, rounded up.
            expires_at: { N: String(T0 / 1000 + 1 + 7 * 24 * 60 * 60) },
          },
        },
      },
    ]);
  });

  it('is listed newest first', async () => {
    const { client, sent } = recordingClient();
    await new DynamoReportStore(client, TABLE, new RecordedTelemetry()).list();
    expect(sent).toEqual([
      {
        name: 'Query',
        input: {
          TableName: TABLE,
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: 50,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'system#reports' } },
        },
      },
    ]);
  });
});
