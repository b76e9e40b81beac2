import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { INDEXES } from '#contract/table.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import {
  dueAt,
  isActive,
  runOf,
  type Workbench,
  type WorkbenchKey,
  workbenchSchema,
} from '#core/workbench/workbench.ts';
import { ACTIVE_PARTITIONS, DUE_PARTITIONS, type Item, partitionOf } from './keys.ts';

/**
 * A record as an item: the workbench as one map under `record`, the attributes of the indexes beside it, and
 * two marks that tell one write from another (see workbench-store.ts).
 */

/** The workbench as a map attribute. Throws what the schema says about a record that could not be read back. */
export function toRecordAttribute(workbench: Workbench): AttributeValue {
  return { M: marshall(omitRepeatedInput(workbenchSchema.parse(workbench)), MARSHALL_OPTIONS) };
}

/** A mount may have a member of any name: with one called `constructor` it looks like an instance of a class. */
const MARSHALL_OPTIONS = { removeUndefinedValues: true, convertClassInstanceToMap: true };

/**
 * What the input of an issued run mostly repeats of the record around it. Left out where it does: up to 1 KB,
 * in just the state that would otherwise be the largest, and a record is to fit into 4 KB (one read unit).
 */
const REPEATED_INPUT_FIELDS = ['userId', 'workbenchId', 'name', 'mount'] as const;

function omitRepeatedInput(workbench: Workbench): unknown {
  const run = runOf(workbench);
  if (run?.phase !== 'issued') return workbench;
  const own = Object.entries(run.input).filter(
    ([name, value]) => !isRepeatedInputField(name) || !isDeepStrictEqual(value, workbench[name]),
  );
  return { ...workbench, run: { ...run, input: Object.fromEntries(own) } };
}

function restoreRepeatedInput(record: Record<string, unknown>): unknown {
  const run = record.run as { phase?: unknown; input?: object } | undefined;
  if (run?.phase !== 'issued') return record;
  const echoes = REPEATED_INPUT_FIELDS.filter((name) => record[name] !== undefined).map((name) => [
    name,
    record[name],
  ]);
  return { ...record, run: { ...run, input: { ...Object.fromEntries(echoes), ...run.input } } };
}

function isRepeatedInputField(name: string): name is (typeof REPEATED_INPUT_FIELDS)[number] {
  return (REPEATED_INPUT_FIELDS as readonly string[]).includes(name);
}

/**
 * What the indexes know of it: attribute → value. One that is undefined must not be in the item: the indexes
 * are sparse.
 */
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
 * The workbench in an item found under `key`.
 * @throws UnreadableRecord when it is not one, is of a newer schema, or names another key than its own
 */
export function parseWorkbench(key: WorkbenchKey, item: Item): Workbench {
  const workbench = parse(key, item);
  if (workbench.userId !== key.userId || workbench.workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record names another workbench'));
  }
  return workbench;
}

function parse(key: WorkbenchKey, item: Item): Workbench {
  try {
    return workbenchSchema.parse(restoreRepeatedInput(unmarshall(item.record?.M ?? {})));
  } catch (error) {
    throw new UnreadableRecord(key, error);
  }
}
