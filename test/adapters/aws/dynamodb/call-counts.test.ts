import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { DynamoQuotaStore } from '#adapters/aws/dynamodb/quota-store.ts';
import { DynamoStartRateStore } from '#adapters/aws/dynamodb/start-rate-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import { FREE_CAPACITY_LISTED_MAX } from '#core/ports/free-capacity-store.ts';
import { restartWorkbench, startWorkbench } from '#core/workbench/commands.ts';
import { createWorkbench } from '#core/workbench/create-workbench.ts';
import type { CreateRequest } from '#core/workbench/request-fields.ts';
import { NO_START_LIMIT, type StartLimit } from '#core/workbench/user-limits.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { buildReportActivity as buildReport } from '#functions/api/report-activity.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { aHistoryEntry, ID, idAt, running, starting, stopped, T0 } from '#test/builders/workbench.ts';
import { anInstance } from '#test/contracts/free-capacity-store.ts';
import { call, settingsWith, worldWithIds } from '#test/functions/call-api.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { openTableUnderTest, type TableUnderTest } from './table-under-test.ts';

/** The calls for a poll of a workbench that is not in transition. */
const POLL_AT_REST = ['GetItemCommand', 'BatchGetItemCommand'];

/** The cost of each method is part of its contract. The calls are counted where the SDK sends them. */
describe('the DynamoDB calls of each method', () => {
  let table: TableUnderTest;
  let store: DynamoWorkbenchStore;
  const calls: { command: string; input: Record<string, unknown> }[] = [];

  beforeEach(async () => {
    table = await openTableUnderTest();
    store = new DynamoWorkbenchStore(table.client, table.tableName, table.telemetry);
    for (let n = 0; n < 5; n++) await store.create(stopped({ workbenchId: idAt(T0, n) }));
    table.client.middlewareStack.add(
      (next, context) => (args) => {
        calls.push({
          command: String(context.commandName),
          input: args.input as unknown as Record<string, unknown>,
        });
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'countCalls' },
    );
    calls.length = 0;
  });
  afterEach(() => table.dispose());

  const commands = () => calls.map(({ command }) => command);

  it('are one consistent GetItem for a read, whether or not the record exists', async () => {
    await store.read({ userId: 'ada', workbenchId: idAt(T0, 1) });
    await store.read({ userId: 'ada', workbenchId: 'none' });
    expect(commands()).toEqual(['GetItemCommand', 'GetItemCommand']);
    expect(calls.every(({ input }) => input.ConsistentRead === true)).toBe(true);
  });

  it('are one consistent Query for each page of a list', async () => {
    const { next } = await store.listByUser('ada', { limit: 2 });
    await store.listByUser('ada', { limit: 3, ...(next === undefined ? {} : { after: next }) });
    expect(commands()).toEqual(['QueryCommand', 'QueryCommand']);
    expect(calls.every(({ input }) => input.ConsistentRead === true)).toBe(true);
  });

  it('are one conditional write for each create, update and delete, whether or not it succeeds', async () => {
    await store.create(starting());
    await store.create(starting());
    await store.update(running({ revision: 2 }), 1);
    await store.update(running({ revision: 2 }), 1);
    await store.delete(keyOf(running()), 1);
    await store.delete(keyOf(running()), 2);
    expect(commands()).toEqual([
      'PutItemCommand',
      'PutItemCommand',
      'UpdateItemCommand',
      'UpdateItemCommand',
      'DeleteItemCommand',
      'DeleteItemCommand',
    ]);
    expect(calls.every(({ input }) => typeof input.ConditionExpression === 'string')).toBe(true);
  });

  it('are one Query per shard for the due records, and one for each other hint', async () => {
    await store.listDue(T0, 1_000);
    expect(commands()).toEqual(Array.from({ length: DUE_SHARDS }, () => 'QueryCommand'));
    calls.length = 0;
    await store.listDueAfter(T0, 1_000);
    expect(commands()).toEqual(Array.from({ length: DUE_SHARDS }, () => 'QueryCommand'));
    calls.length = 0;
    await store.listActive();
    await store.findByWorkbenchId(ID);
    await store.findByInstanceId('i-1');
    expect(commands()).toEqual(['QueryCommand', 'QueryCommand', 'QueryCommand']);
  });

  it('are one GetItem for a ping', async () => {
    await store.ping();
    expect(commands()).toEqual(['GetItemCommand']);
  });

  it('are one PutItem for an entry of a short history, and one Query to list it', async () => {
    const history = new DynamoHistoryStore(table.client, table.tableName, table.telemetry);
    await history.append(ID, [aHistoryEntry()]);
    await history.list(ID);
    expect(commands()).toEqual(['PutItemCommand', 'QueryCommand']);
  });

  it('are one conditional write for each report of free capacity, and one bounded Query to list it', async () => {
    const freeCapacity = new DynamoFreeCapacityStore(table.client, table.tableName);
    await freeCapacity.save(anInstance());
    await freeCapacity.save(anInstance());
    await freeCapacity.remove(anInstance({ version: 11 }));
    await freeCapacity.list(anInstance().at);
    expect(commands()).toEqual(['PutItemCommand', 'PutItemCommand', 'PutItemCommand', 'QueryCommand']);
    expect(calls.slice(0, 3).every(({ input }) => typeof input.ConditionExpression === 'string')).toBe(true);
    expect(calls[3]?.input).toMatchObject({ Limit: FREE_CAPACITY_LISTED_MAX });
    expect(calls[3]?.input.ConsistentRead).toBeUndefined();
  });

  describe('for a request', () => {
    const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
    const ON_HOST = { ...SIZE, dedicatedInstanceType: 'm7i.large' };
    const LIMIT = { startsPerMinute: 100 };
    const world = new MemoryWorld();
    const quotas = () => new DynamoQuotaStore(table.client, table.tableName);
    const ports = () => ({
      ...world.ports,
      workbenches: store,
      idempotency: new DynamoIdempotencyStore(table.client, table.tableName),
      quotas: quotas(),
      startRates: new DynamoStartRateStore(table.client, table.tableName),
    });
    beforeEach(async () => {
      await quotas().saveUser({ userId: 'ada', groups: [] });
      calls.length = 0;
    });
    const created = async (limits: StartLimit, request: CreateRequest, idempotencyKey?: string) => {
      calls.length = 0;
      await createWorkbench(
        ports(),
        world.policy,
        {
          ...{ userId: 'ada', request, bodyHash: 'a', by: 'ada' },
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        },
        limits,
      );
      return commands();
    };

    it('to create a workbench are a read and a write, and two more for an idempotency key, without limits', async () => {
      const expected = ['BatchGetItemCommand', 'PutItemCommand'];
      expect(await created(NO_START_LIMIT, SIZE)).toEqual(expected);
      expect(await created(NO_START_LIMIT, ON_HOST)).toEqual(expected);
      expect(await created(NO_START_LIMIT, SIZE, 'k')).toEqual([
        'PutItemCommand',
        'BatchGetItemCommand',
        'TransactWriteItemsCommand',
        'UpdateItemCommand',
      ]);
    });

    it('to create a workbench are one write more for a user who has had none', async () => {
      calls.length = 0;
      const command = { userId: 'bob', request: SIZE, bodyHash: 'a', by: 'bob' };
      await createWorkbench(ports(), world.policy, command, NO_START_LIMIT);
      expect(commands()).toEqual(['BatchGetItemCommand', 'PutItemCommand', 'PutItemCommand']);
    });

    it('to create a workbench are one write more with a limit of starts, and one with a quota', async () => {
      expect(await created(LIMIT, SIZE)).toEqual([
        'UpdateItemCommand',
        'BatchGetItemCommand',
        'PutItemCommand',
      ]);
      await quotas().writeLimits({ kind: 'user', userId: 'ada' }, { workbenches: 100, running: 100 });
      // The first time the records are counted.
      expect(await created(NO_START_LIMIT, SIZE)).toEqual([
        'BatchGetItemCommand',
        'QueryCommand',
        'PutItemCommand',
        'PutItemCommand',
      ]);
      expect(await created(NO_START_LIMIT, ON_HOST)).toEqual([
        'BatchGetItemCommand',
        'PutItemCommand',
        'PutItemCommand',
      ]);
    });

    it.each([
      ['start', startWorkbench],
      ['restart', restartWorkbench],
    ] as const)(
      'to %s a workbench are two reads and a write, and one more write with each limit',
      async (_, request) => {
        const ada = (n: number) => ({ userId: 'ada', workbenchId: idAt(T0, n) });
        await request(ports(), world.policy, ada(1), 'ada', { limits: NO_START_LIMIT });
        expect(commands()).toEqual(['GetItemCommand', 'BatchGetItemCommand', 'UpdateItemCommand']);
        calls.length = 0;
        await request(ports(), world.policy, ada(2), 'ada', { limits: LIMIT });
        expect(commands()).toEqual([
          'GetItemCommand',
          'UpdateItemCommand',
          'BatchGetItemCommand',
          'UpdateItemCommand',
        ]);
      },
    );
  });

  describe('of a route', () => {
    const wid = idAt(T0, 9);
    const settings = settingsWith();
    const request = { wid, query: 'user_id=ada' };
    const ports = () => ({
      ...worldWithIds().ports,
      workbenches: store,
      activity: new DynamoActivityStore(table.client, table.tableName),
    });
    const IDLE = { minutes: 60, since: T0, because: 'start', checkAt: T0 + 3_000_000 } as const;

    it.each([
      ['in transition are one GetItem', starting(), ['GetItemCommand']],
      ['that runs are one GetItem, and one read of its activity', running({ idle: IDLE }), POLL_AT_REST],
      ['that is stopped are the same', stopped(), POLL_AT_REST],
    ])('that polls a workbench %s', async (_, workbench, expected) => {
      await store.create({ ...workbench, workbenchId: wid });
      calls.length = 0;
      expect((await call(buildGet(ports(), settings), request)).status).toBe(200);
      expect(commands()).toEqual(expected);
    });

    it('that reports activity are the read of the record and one UpdateItem', async () => {
      await store.create(running({ workbenchId: wid, idle: IDLE }));
      calls.length = 0;
      const body = { last_activity: '2026-01-01T00:00:00Z', kinds: ['ide', 'busy'] };
      const { status } = await call(buildReport(ports(), settings), { ...request, body });
      expect(status).toBe(204);
      expect(commands()).toEqual(['GetItemCommand', 'UpdateItemCommand']);
    });
  });

  it('are one write for a claim without an existing one, and one to complete it', async () => {
    const claims = new DynamoIdempotencyStore(table.client, table.tableName);
    await claims.claim({ userId: 'ada', key: 'k', workbenchId: ID, bodyHash: 'h', expiresAt: T0 + 1 }, T0);
    await claims.complete('ada', 'k', ID, 'completedBy');
    expect(commands()).toEqual(['PutItemCommand', 'UpdateItemCommand']);
  });
});
