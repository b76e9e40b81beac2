import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ACTIVE_SHARDS, DUE_SHARDS, TABLE } from '#contract/table.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

export type Item = Record<string, AttributeValue>;

/**
 * How an item is named. A partition key is a fixed word, `#`, and the rest as it is: user ids may hold `#` and
 * any other character, since only the first `#` divides.
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const USER_PREFIX = 'user#';
const HISTORY_PREFIX = 'history#';
const IDEMPOTENCY_PREFIX = 'idempotency#';
/** What the sort keys of a user's records begin with. */
export const WORKBENCH_PREFIX = 'workbench#';

/** Digits of a sequence number in a sort key: text sorts as numbers do up to ten thousand million. */
const SEQ_DIGITS = 10;
/** Of a time in milliseconds: enough until the year 2286. */
const TIME_DIGITS = 13;

export function userPartition(userId: string): string {
  return USER_PREFIX + userId;
}

export function recordKey({ userId, workbenchId }: WorkbenchKey): ItemKey {
  return { pk: userPartition(userId), sk: WORKBENCH_PREFIX + workbenchId };
}

export function idempotencyKey(userId: string, key: string): ItemKey {
  return { pk: userPartition(userId), sk: IDEMPOTENCY_PREFIX + key };
}

export function historyPartition(workbenchId: string): string {
  return HISTORY_PREFIX + workbenchId;
}

export function historyKey(workbenchId: string, seq: number): ItemKey {
  return { pk: historyPartition(workbenchId), sk: String(seq).padStart(SEQ_DIGITS, '0') };
}

/** The reconciler's reports, by the time they ended; a system item, nobody's. */
export const REPORTS_PARTITION = 'system#reports';

export function reportKey(endedAt: number, sweep: string): ItemKey {
  return { pk: REPORTS_PARTITION, sk: `${String(endedAt).padStart(TIME_DIGITS, '0')}#${sweep}` };
}

/** What shared machines have left, by container instance; system items. */
export const FREE_CAPACITY_PARTITION = 'system#free-capacity';

export function freeCapacityKey(containerInstanceId: string): ItemKey {
  return { pk: FREE_CAPACITY_PARTITION, sk: containerInstanceId };
}

/** The key as the SDK wants it. */
export function keyAttributes({ pk, sk }: ItemKey): Item {
  return { [TABLE.partitionKey.name]: { S: pk }, [TABLE.sortKey.name]: { S: sk } };
}

/** The workbench whose record this item is, or names by its keys alone; undefined for every other kind of item. */
export function keyOfItem(item: Item): WorkbenchKey | undefined {
  const pk = item[TABLE.partitionKey.name]?.S;
  const sk = item[TABLE.sortKey.name]?.S;
  if (!pk?.startsWith(USER_PREFIX) || !sk?.startsWith(WORKBENCH_PREFIX)) return undefined;
  return { userId: pk.slice(USER_PREFIX.length), workbenchId: sk.slice(WORKBENCH_PREFIX.length) };
}

/** The partitions of the due index, and of the active one. */
export const DUE_PARTITIONS: readonly string[] = shardPartitions('due', DUE_SHARDS);
export const ACTIVE_PARTITIONS: readonly string[] = shardPartitions('active', ACTIVE_SHARDS);

/** Which of the partitions holds this workbench. */
export function partitionOf(workbenchId: string, among: readonly string[]): string {
  return among[hash(workbenchId) % among.length] ?? '';
}

function shardPartitions(index: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, shard) => `${index}#${shard}`);
}

/** FNV-1a, 32 bits: the same on every machine and for ever, which is all that is asked of it. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    value = Math.imul(value ^ text.charCodeAt(place), 0x01000193);
  }
  return value >>> 0;
}
