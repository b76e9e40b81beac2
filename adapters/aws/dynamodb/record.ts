import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { INDEXES } from '#contract/table.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { decodeRecord, encodeRecord, type StoredRecord } from '#core/workbench/record-codec.ts';
import { dueAt, isActive, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { ACTIVE_PARTITIONS, DUE_PARTITIONS, type Item, partitionOf } from './keys.ts';

/**
 * A record as an item: the workbench as a map in the attribute `record`, the attributes of the indexes, and two write
 * tokens (see workbench-store.ts). The map leaves out what can be derived when it is read: up to 1 KB, so that every
 * item fits into 4 KB (one read unit). docs/decisions/0040-space-in-the-record.md says what a new field may take.
 */

/**
 * The workbench as a map attribute.
 * @throws Error when the workbench does not match the schema: it could not be read back
 */
export function toRecordAttribute(workbench: Workbench): AttributeValue {
  const { userId: _inKey, workbenchId: _inKeyToo, ...record } = encodeRecord(workbench);
  return { M: marshall(omitRepeatedInput(record, workbench), MARSHALL_OPTIONS) };
}

/** A mount may have a member of any name: with one called `constructor` it is mistaken for an instance of a class. */
const MARSHALL_OPTIONS = { removeUndefinedValues: true, convertClassInstanceToMap: true };

/** Fields of an issued run's input that are left out when they are equal to those of the record. */
const REPEATED_INPUT_FIELDS = ['userId', 'workbenchId', 'name', 'mount'] as const;

function omitRepeatedInput(record: StoredRecord, workbench: Workbench): StoredRecord {
  const run = issuedRunOf(record);
  if (run === undefined) return record;
  const own = Object.entries(run.input).filter(
    ([name, value]) => !isRepeatedInputField(name) || !isDeepStrictEqual(value, workbench[name]),
  );
  return { ...record, run: { ...run, input: Object.fromEntries(own) } };
}

function restoreRepeatedInput(record: StoredRecord): StoredRecord {
  const run = issuedRunOf(record);
  if (run === undefined) return record;
  const repeated = REPEATED_INPUT_FIELDS.filter((name) => record[name] !== undefined).map((name) => [
    name,
    record[name],
  ]);
  return { ...record, run: { ...run, input: { ...Object.fromEntries(repeated), ...run.input } } };
}

function issuedRunOf(record: StoredRecord): { readonly input: object } | undefined {
  const run = record.run as { readonly phase?: unknown; readonly input?: unknown } | undefined;
  if (run?.phase !== 'issued' || typeof run.input !== 'object' || run.input === null) return undefined;
  return { ...run, input: run.input };
}

function isRepeatedInputField(name: string): name is (typeof REPEATED_INPUT_FIELDS)[number] {
  return (REPEATED_INPUT_FIELDS as readonly string[]).includes(name);
}

/** Attributes of the indexes → value. An undefined one must not be in the item: the indexes are sparse. */
export function toIndexAttributes(workbench: Workbench): Record<string, AttributeValue | undefined> {
  const { workbenchId, host } = workbench;
  const due = dueAt(workbench);
  return {
    [INDEXES.byWorkbench.partitionKey.name]: { S: workbenchId },
    [INDEXES.byInstance.partitionKey.name]:
      host?.instanceId === undefined ? undefined : { S: host.instanceId },
    [INDEXES.due.partitionKey.name]:
      due === undefined ? undefined : { S: partitionOf(workbenchId, DUE_PARTITIONS) },
    [INDEXES.due.sortKey.name]: due === undefined ? undefined : { N: String(due) },
    [INDEXES.active.partitionKey.name]: isActive(workbench)
      ? { S: partitionOf(workbenchId, ACTIVE_PARTITIONS) }
      : undefined,
  };
}

/**
 * The workbench in the item with this key.
 * @throws UnreadableRecord when the item is no record, requires newer code, or belongs to another key
 */
export function parseWorkbench(key: WorkbenchKey, item: Item): Workbench {
  const workbench = decode(key, item);
  if (workbench.userId !== key.userId || workbench.workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record belongs to another workbench'));
  }
  return workbench;
}

/** The record in a map attribute as it was encoded, even if this version cannot decode it. */
export function readStoredRecord(
  { userId, workbenchId }: WorkbenchKey,
  attribute: Record<string, AttributeValue>,
): StoredRecord {
  return restoreRepeatedInput({ userId, workbenchId, ...unmarshall(attribute) });
}

function decode(key: WorkbenchKey, item: Item): Workbench {
  try {
    return decodeRecord(readStoredRecord(key, item.record?.M ?? {}));
  } catch (error) {
    throw new UnreadableRecord(key, error);
  }
}
