import { type DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#contract/table.ts';
import {
  type CompletedStart,
  START_KINDS,
  START_TIMES_RETENTION_MS,
  START_TIMES_SPAN_MS,
  type StartGroup,
  type StartTimes,
  type StartTimesStore,
} from '#core/ports/start-times-store.ts';
import { addCounts } from '#core/workbench/start-times.ts';
import { callDynamoDb } from './errors.ts';
import { type Item, keyAttributes, START_TIMES_PARTITION, startTimesKey, startTimesWeekKey } from './keys.ts';

/** The most items of one list: eight weeks of both kinds of start of the 30 types of hosts that the settings allow. */
const ITEMS_MAX = 500;
/** Of the attribute with the number of starts in a bucket. */
const BUCKET_PREFIX = 'b';

/**
 * Counts of completed starts in DynamoDB: one item of less than 1 KB for each week and group, all in one partition, so that a start
 * costs one write unit and a list is one Query.
 */
export class DynamoStartTimesStore implements StartTimesStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async add({ kind, instanceType, at }: CompletedStart, bucket: number): Promise<void> {
    const week = at - (at % START_TIMES_SPAN_MS);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyAttributes(startTimesKey(week, kind, instanceType)),
      UpdateExpression: 'ADD #bucket :one SET #ttl = :expires_at',
      ExpressionAttributeNames: { '#bucket': `${BUCKET_PREFIX}${bucket}`, '#ttl': TABLE.ttlAttribute },
      ExpressionAttributeValues: {
        ':one': { N: '1' },
        ':expires_at': { N: String(Math.ceil((week + START_TIMES_RETENTION_MS) / 1000)) },
      },
    });
    await callDynamoDb('UpdateItem', () => this.#client.send(command));
  }

  async list(from: number): Promise<readonly StartTimes[]> {
    const command = new QueryCommand({
      TableName: this.#table,
      Limit: ITEMS_MAX,
      // The newest weeks first, should there be more items.
      ScanIndexForward: false,
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      ExpressionAttributeValues: {
        ':pk': { S: START_TIMES_PARTITION },
        ':from': { S: startTimesWeekKey(from) },
      },
    });
    const { Items = [] } = await callDynamoDb('Query', () => this.#client.send(command));
    return addCounts(Items.flatMap(parseItem));
  }
}

/** The counts of an item; nothing for one of a kind that this version does not know. */
function parseItem(item: Item): readonly StartTimes[] {
  const group = groupOf(item[TABLE.sortKey.name]?.S ?? '');
  if (group === undefined) return [];
  const counts = Object.entries(item).flatMap(([name, value]): (readonly [number, number])[] =>
    /^b\d{1,2}$/.test(name) ? [[Number(name.slice(BUCKET_PREFIX.length)), Number(value.N)]] : [],
  );
  return [{ ...group, counts: new Map(counts) }];
}

function groupOf(sortKey: string): StartGroup | undefined {
  const [, word, instanceType] = sortKey.split('#');
  const kind = START_KINDS.find((known) => known === word);
  if (kind === undefined) return undefined;
  return instanceType === undefined || instanceType === '' ? { kind } : { kind, instanceType };
}
