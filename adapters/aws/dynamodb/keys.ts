import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ACTIVE_SHARDS, DUE_SHARDS, HISTORY_PREFIX, LEDGER_SHARDS, TABLE } from '#contract/table.ts';
import { type Grantee, granteeKey, granteeOfKey } from '#core/access/grantee.ts';
import type { AuditPosition } from '#core/ports/audit-store.ts';
import type { ShareLinkKey } from '#core/ports/share-link-store.ts';
import type { ShareKey } from '#core/ports/share-store.ts';
import type { UsageEntry } from '#core/ports/usage-store.ts';
import type { QuotaScope } from '#core/quotas/limits.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

export type Item = Record<string, AttributeValue>;

/**
 * The primary key of an item. A partition key is a fixed word, `#`, and an id without escaping: only the first `#`
 * separates, so a user id may contain `#` and any other character.
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const USER_PREFIX = 'user#';
const IDEMPOTENCY_PREFIX = 'idempotency#';
const STARTS_PREFIX = 'starts#';
const ACTIVITY_PREFIX = 'activity#';
const TICKET_PREFIX = 'ticket#';
const CUTOFF_PREFIX = 'cutoff#';
const SHARE_PREFIX = 'share#';
const GRANTEE_PREFIX = 'grantee#';
const AUDIT_DAY_PREFIX = 'audit-day#';
const AUDIT_USER_PREFIX = 'audit-user#';
const AUDIT_WORKBENCH_PREFIX = 'audit-workbench#';
const AUDIT_ONCE_PREFIX = 'audit-once#';
const MOVED_PREFIX = 'moved#';
const USAGE_PREFIX = 'usage#';
const QUOTA_PREFIX = 'quota-';
/** The prefix of the sort keys of records. */
export const WORKBENCH_PREFIX = 'workbench#';

/** Digits of a sequence number in a sort key. Up to ten thousand million the texts sort like the numbers. */
const SEQ_DIGITS = 10;
/** Digits of a time in milliseconds in a sort key: enough until the year 2286. */
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

/** @param minute its beginning, milliseconds since 1970 */
export function startCountKey(userId: string, minute: number): ItemKey {
  return { pk: userPartition(userId), sk: STARTS_PREFIX + String(minute).padStart(TIME_DIGITS, '0') };
}

export function historyPartition(workbenchId: string): string {
  return HISTORY_PREFIX + workbenchId;
}

export function historyKey(workbenchId: string, seq: number): ItemKey {
  return { pk: historyPartition(workbenchId), sk: String(seq).padStart(SEQ_DIGITS, '0') };
}

export function activityKey(workbenchId: string): ItemKey {
  return { pk: ACTIVITY_PREFIX + workbenchId, sk: 'activity' };
}

/** What a run of the workbench reported, in the same partition. */
export function runActivityKey(workbenchId: string, runId: string): ItemKey {
  return { pk: ACTIVITY_PREFIX + workbenchId, sk: `run#${runId}` };
}

/** The workbench whose activity has the key of this item; undefined for every other kind of item. */
export function workbenchOfActivity(item: Item): string | undefined {
  const pk = item[TABLE.partitionKey.name]?.S;
  return pk?.startsWith(ACTIVITY_PREFIX) ? pk.slice(ACTIVITY_PREFIX.length) : undefined;
}

export function ticketKey(hash: string): ItemKey {
  return { pk: TICKET_PREFIX + hash, sk: 'ticket' };
}

export function cutoffKey(userId: string): ItemKey {
  return { pk: CUTOFF_PREFIX + userId, sk: 'cutoff' };
}

/** The partition of all shares of a workbench. */
export function sharePartition(workbenchId: string): string {
  return SHARE_PREFIX + workbenchId;
}

export function shareKey({ workbenchId, grantee }: ShareKey): ItemKey {
  return { pk: sharePartition(workbenchId), sk: granteeKey(grantee) };
}

/** The key of the share that has the key of this item; undefined for every other kind of item. */
export function keyOfShare(item: Item): ShareKey | undefined {
  const pk = item[TABLE.partitionKey.name]?.S;
  const grantee = granteeOfKey(item[TABLE.sortKey.name]?.S ?? '');
  if (!pk?.startsWith(SHARE_PREFIX) || grantee === undefined) return undefined;
  return { workbenchId: pk.slice(SHARE_PREFIX.length), grantee };
}

/** The beginning of the sort keys of links, in the partition of the shares. No key of a grantee begins with it. */
export const LINK_PREFIX = 'link#';

export function linkKey({ workbenchId, linkId }: ShareLinkKey): ItemKey {
  return { pk: sharePartition(workbenchId), sk: LINK_PREFIX + linkId };
}

/** The partition of all workbenches that are shared with a grantee, sorted by workbench id. */
export function granteePartition(grantee: Grantee): string {
  return GRANTEE_PREFIX + granteeKey(grantee);
}

export function sharedWorkbenchKey({ workbenchId, grantee }: ShareKey): ItemKey {
  return { pk: granteePartition(grantee), sk: workbenchId };
}

/** The partition of the audit events of a day (UTC). @param at milliseconds since 1970 */
export function auditDayPartition(at: number): string {
  return AUDIT_DAY_PREFIX + new Date(at).toISOString().slice(0, 10);
}

/** The partition of the audit events that concern a user. */
export function auditUserPartition(userId: string): string {
  return AUDIT_USER_PREFIX + userId;
}

/** The partition of the audit events that concern a workbench. */
export function auditWorkbenchPartition(workbenchId: string): string {
  return AUDIT_WORKBENCH_PREFIX + workbenchId;
}

/** The beginning of the sort keys of audit events at this time. */
export function auditTimeKey(at: number): string {
  return String(at).padStart(TIME_DIGITS, '0');
}

export function auditSortKey({ at, id }: AuditPosition): string {
  return `${auditTimeKey(at)}#${id}`;
}

/** The position of the audit event with the key of this item; undefined for every other kind of item. */
export function auditPositionOf(item: Item): AuditPosition | undefined {
  const sk = item[TABLE.sortKey.name]?.S;
  const match = sk === undefined ? null : /^(\d{13})#(.*)$/.exec(sk);
  return match === null ? undefined : { at: Number(match[1]), id: match[2] ?? '' };
}

/** The mark that an event was appended once. */
export function auditOnceKey(id: string): ItemKey {
  return { pk: AUDIT_ONCE_PREFIX + id, sk: 'once' };
}

export function movedKey(workbenchId: string): ItemKey {
  return { pk: MOVED_PREFIX + workbenchId, sk: 'moved' };
}

export function usageKey({
  userId,
  month,
  workbenchId,
  seq,
}: Pick<UsageEntry, 'userId' | 'month' | 'workbenchId' | 'seq'>): ItemKey {
  const number = String(seq).padStart(SEQ_DIGITS, '0');
  return { pk: USAGE_PREFIX + userId, sk: `${month}#${workbenchId}#${number}` };
}

/**
 * The range of the sort keys of a user's usage in a month, both ends included.
 * @param after only workbenches with a lower id
 */
export function usageRange(
  userId: string,
  month: string,
  after?: string,
): { readonly partition: string; readonly from: string; readonly to: string } {
  // `$` follows `#`: it sorts after every key of the month. `!` precedes both and every character of an id.
  const to = after === undefined ? `${month}$` : `${month}#${after}!`;
  return { partition: USAGE_PREFIX + userId, from: `${month}#`, to };
}

/** The partition of the reconciler's reports, sorted by the end of the sweep. It belongs to no user. */
export const REPORTS_PARTITION = 'system#reports';

export function reportKey(endedAt: number, sweep: string): ItemKey {
  return { pk: REPORTS_PARTITION, sk: `${String(endedAt).padStart(TIME_DIGITS, '0')}#${sweep}` };
}

/** The only item of its partition: the last request of an operator to run a sweep. */
export const SWEEP_REQUEST_KEY: ItemKey = { pk: 'system#sweep-request', sk: 'last' };

/** The partition of the free capacity of shared instances, sorted by container instance id. It belongs to no user. */
export const FREE_CAPACITY_PARTITION = 'system#free-capacity';

export function freeCapacityKey(containerInstanceId: string): ItemKey {
  return { pk: FREE_CAPACITY_PARTITION, sk: containerInstanceId };
}

/** The partition of the drains of machines, sorted by machine id. It belongs to no user. */
export const DRAINS_PARTITION = 'system#drains';

export function drainKey(machineId: string): ItemKey {
  return { pk: DRAINS_PARTITION, sk: machineId };
}

/** The partition of the counts of completed starts, sorted by week. It belongs to no user. */
export const START_TIMES_PARTITION = 'system#start-times';

/** The beginning of the sort keys of a week. @param week its beginning, milliseconds since 1970 */
export function startTimesWeekKey(week: number): string {
  return String(Math.max(0, week)).padStart(TIME_DIGITS, '0');
}

export function startTimesKey(week: number, kind: string, instanceType = ''): ItemKey {
  return { pk: START_TIMES_PARTITION, sk: `${startTimesWeekKey(week)}#${kind}#${instanceType}` };
}

/** The limits of a scope. */
export function quotaLimitsKey(scope: QuotaScope): ItemKey {
  switch (scope.kind) {
    case 'installation':
      return { pk: `${QUOTA_PREFIX}installation`, sk: 'limits' };
    case 'group':
      return { pk: `${QUOTA_PREFIX}group#${scope.group}`, sk: 'limits' };
    case 'user':
      return { pk: `${QUOTA_PREFIX}user#${scope.userId}`, sk: 'limits' };
  }
}

/** What the workbenches of a user hold. */
export function ledgerKey(userId: string): ItemKey {
  return { pk: partitionOf(userId, LEDGER_PARTITIONS), sk: userId };
}

/** That the user is known, and in which groups. */
export function knownUserKey(userId: string): ItemKey {
  return { pk: partitionOf(userId, USER_PARTITIONS), sk: userId };
}

/** The key attributes of an item in the format of the SDK. */
export function keyAttributes({ pk, sk }: ItemKey): Item {
  return { [TABLE.partitionKey.name]: { S: pk }, [TABLE.sortKey.name]: { S: sk } };
}

/** The key of the workbench whose record has the key of this item; undefined for every other kind of item. */
export function keyOfItem(item: Item): WorkbenchKey | undefined {
  const pk = item[TABLE.partitionKey.name]?.S;
  const sk = item[TABLE.sortKey.name]?.S;
  if (!pk?.startsWith(USER_PREFIX) || !sk?.startsWith(WORKBENCH_PREFIX)) return undefined;
  return { userId: pk.slice(USER_PREFIX.length), workbenchId: sk.slice(WORKBENCH_PREFIX.length) };
}

/** The partitions of the due index and of the active index. */
export const DUE_PARTITIONS: readonly string[] = shardPartitions('due', DUE_SHARDS);
export const ACTIVE_PARTITIONS: readonly string[] = shardPartitions('active', ACTIVE_SHARDS);

/** The partitions of the ledgers. */
export const LEDGER_PARTITIONS: readonly string[] = shardPartitions('quota-ledger', LEDGER_SHARDS);

/** The partitions of the known users. */
export const USER_PARTITIONS: readonly string[] = shardPartitions('quota-users', LEDGER_SHARDS);

/** The partition that contains the item with this id. */
export function partitionOf(id: string, partitions: readonly string[]): string {
  return partitions[hash(id) % partitions.length] ?? '';
}

function shardPartitions(index: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, shard) => `${index}#${shard}`);
}

/** FNV-1a, 32 bits. It must never change: it decides in which partition the stored items are. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
