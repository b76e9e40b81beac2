import { describe, expect, it } from 'vitest';
import { DynamoSweepRequests } from '#adapters/aws/dynamodb/sweep-requests.ts';
import { LambdaSweepStarter } from '#adapters/aws/lambda/sweep-starter.ts';
import { SWEEP_FUNCTIONS } from '#contract/sweep-functions.ts';
import { recordingClient } from './recording-client.ts';

const TABLE = 'workbenches';
const KEY = { pk: { S: 'system#sweep-request' }, sk: { S: 'last' } };
const REQUEST = { sweep: 'hosts', at: 1_900_000_000_001, by: 'ada' } as const;
const ITEM = {
  ...KEY,
  request: { M: { sweep: { S: 'hosts' }, at: { N: '1900000000001' }, by: { S: 'ada' } } },
  // The whole second after 15 minutes.
  expires_at: { N: '1900000901' },
};

function setUp(responses: Parameters<typeof recordingClient>[0] = {}) {
  const { client, sent } = recordingClient(responses);
  const requests = new DynamoSweepRequests(client, TABLE);
  const starter = new LambdaSweepStarter(client, requests, (sweep) => `prod-${SWEEP_FUNCTIONS[sweep]}`);
  return { starter, sent };
}

describe('a sweep that an operator starts', () => {
  it('is stored unless another one is, and its function is invoked without waiting for it', async () => {
    const { starter, sent } = setUp();
    await starter.start(REQUEST, undefined);
    expect(sent).toEqual([
      {
        name: 'PutItem',
        input: { TableName: TABLE, Item: ITEM, ConditionExpression: 'attribute_not_exists(pk)' },
      },
      // Without a payload: a sweep reads no event.
      { name: 'Invoke', input: { FunctionName: 'prod-sweep-tasks-and-hosts', InvocationType: 'Event' } },
    ]);
  });

  it('replaces the request that was read, which may have expired since', async () => {
    const { starter, sent } = setUp();
    await starter.start(REQUEST, { sweep: 'unknown', at: 7, by: 'bob' });
    expect(sent[0]?.input).toEqual({
      TableName: TABLE,
      Item: ITEM,
      ConditionExpression: 'attribute_not_exists(pk) OR #request.#at = :at',
      ExpressionAttributeNames: { '#request': 'request', '#at': 'at' },
      ExpressionAttributeValues: { ':at': { N: '7' } },
    });
  });

  it('is read consistently, with a sweep of a newer version as unknown', async () => {
    const { starter, sent } = setUp({
      GetItem: { Item: { ...ITEM, request: { M: { ...ITEM.request.M, sweep: { S: 'future' } } } } },
    });
    expect(await starter.lastRequest()).toMatchObject({ sweep: 'unknown', at: REQUEST.at });
    expect(sent).toEqual([{ name: 'GetItem', input: { TableName: TABLE, Key: KEY, ConsistentRead: true } }]);
  });

  it('is removed again if its function cannot be invoked', async () => {
    const { starter, sent } = setUp({
      Invoke: () => {
        throw Object.assign(new Error('denied'), { name: 'AccessDeniedException' });
      },
    });
    await expect(starter.start(REQUEST, undefined)).rejects.toMatchObject({ name: 'PortError' });
    expect(sent.at(-1)).toEqual({
      name: 'DeleteItem',
      input: {
        TableName: TABLE,
        Key: KEY,
        ConditionExpression: '#request.#at = :at',
        ExpressionAttributeNames: { '#request': 'request', '#at': 'at' },
        ExpressionAttributeValues: { ':at': { N: String(REQUEST.at) } },
      },
    });
  });
});
