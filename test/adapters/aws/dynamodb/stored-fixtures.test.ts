import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { DynamoFreeCapacityStore } from '#adapters/aws/dynamodb/free-capacity-store.ts';
import { DynamoHistoryStore } from '#adapters/aws/dynamodb/history-store.ts';
import { DynamoIdempotencyStore } from '#adapters/aws/dynamodb/idempotency-store.ts';
import { keyOfItem } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import { DynamoReportStore } from '#adapters/aws/dynamodb/report-store.ts';
import type { Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { fixedStopWarningAtOf } from '#core/workbench/planned-stop.ts';
import { isDeleted, SCHEMA_VERSION, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { T0 } from '#test/builders/workbench.ts';
import {
  describeStoredItems,
  fixtureSets,
  REPORT,
  readDescription,
  readItems,
  type StoredItem,
} from '#test/fixtures/records/fixture-sets.ts';
import { RecordedTelemetry } from './table-under-test.ts';

const NEXT_YEAR = Date.UTC(2100, 0, 1);
const step = lifecycle(DEFAULT_POLICY);

describe('the newest set of fixtures', () => {
  it('describes the present schema', async () => {
    const newest = fixtureSets().at(-1) ?? '';
    const hint = 'The schema has changed: run `npm run fixtures:records` and commit the new set.';
    expect(await describeStoredItems(), hint).toBe(readDescription(newest));
  });

  it('belongs to a schema that keeps unknown fields everywhere', async () => {
    const lines = (await describeStoredItems()).split('\n');
    expect(lines.filter((line) => line.endsWith('unknown fields are dropped'))).toEqual([]);
  });

  it('has a fallback for each closed list, except for what this version must understand to act', async () => {
    const lines = (await describeStoredItems()).split('\n');
    const withFallback = lines.filter((line) => line.endsWith(': unknown values have a fallback'));
    const objects = new Set(withFallback.map((line) => line.slice(0, line.indexOf(': '))));
    const strict = lines
      .filter((line) => line.includes(': one of '))
      .map((line) => line.slice(0, line.indexOf(': ')))
      .filter((path) => !objects.has(path.slice(0, path.lastIndexOf('.'))));
    expect(strict).toEqual(['record<status=stopping>.desired']);
  });
});

describe.each(fixtureSets())('an item of the fixtures %s', (set) => {
  const items = readItems(set);
  const records = [...items].filter(([, item]) => keyOfItem(item) !== undefined);

  it('exists for each variant of a record', () => {
    expect(records.length).toBeGreaterThanOrEqual(10);
  });

  it.each(records)('is read, changed and written without loss: %s', (_, stored) => {
    const key = keyOfItem(stored) as WorkbenchKey;
    const item = withUnknownFields(stored);
    const workbench = parseWorkbench(key, item);
    const input: Input =
      workbench.status === 'deleting' || isDeleted(workbench)
        ? { type: 'history_noted', entryType: 'orphan_host_terminated' }
        : { type: 'update', changes: { name: 'new name' }, by: 'ada' };
    const changed = step(workbench, input, NEXT_YEAR).workbench;
    expect(changed.revision).toBe(workbench.revision + 1);
    const written = toRecordAttribute(changed);
    expect(parseWorkbench(key, { record: written })).toEqual({ ...changed, schemaVersion: SCHEMA_VERSION });
    expect(fieldsOf(written, UNKNOWN)).toEqual(fieldsOf(item.record, UNKNOWN));
    if (unmarshall(stored.record?.M ?? {}).schemaVersion !== SCHEMA_VERSION) return;
    // Within a schema version nothing else changes either.
    expect(withoutChanges(written)).toEqual(withoutChanges(item.record));
  });

  it.each(records)('is read and written back unchanged within its schema version: %s', (_, stored) => {
    const workbench = parseWorkbench(keyOfItem(stored) as WorkbenchKey, stored);
    const { schemaVersion } = unmarshall(stored.record?.M ?? {});
    const attributes: Record<string, AttributeValue | undefined> = {
      ...stored,
      ...toIndexAttributes(workbench),
    };
    // Versions that did not warn of a stop at a fixed time stored a later due time. The stop is in time without the warning.
    if (workbench.status === 'running' && fixedStopWarningAtOf(workbench) !== undefined) {
      expect(Number(attributes.ix_due_at?.N)).toBeLessThanOrEqual(Number(stored.ix_due_at?.N));
      attributes.ix_due_at = stored.ix_due_at;
    }
    if (schemaVersion === SCHEMA_VERSION)
      expect(unmarshall(toRecordAttribute(workbench).M ?? {})).toEqual(unmarshall(stored.record?.M ?? {}));
    expect(attributes).toEqual(stored);
  });

  it('is read if it is a history entry, and appended with its unknown fields', async () => {
    const client = tableOf(withUnknownFields(itemNamed('history-entry'), 'entry'));
    const store = new DynamoHistoryStore(client, 'table', new RecordedTelemetry());
    const [entry] = await store.list('workbench');
    expect(entry).toMatchObject({ seq: 1, type: 'unexpected_task_stopped', [UNKNOWN]: UNKNOWN });
    if (entry !== undefined) await store.append('workbench', [entry]);
    expect(client.written.map(({ entry }) => fieldsOf(entry, UNKNOWN))).toEqual([[UNKNOWN]]);
  });

  it('is read if it is a report', async () => {
    const item = itemNamed('report');
    const client = tableOf(withUnknownFields(item, 'report'));
    const [report] = await new DynamoReportStore(client, 'table', new RecordedTelemetry()).list();
    // The first versions did not store the progress of registrations.
    const { definitions, ...always } = REPORT;
    expect(report).toMatchObject(
      item.report?.M?.definitions === undefined ? always : { ...always, definitions },
    );
  });

  it('is read if it is an idempotency claim', async () => {
    const item = itemNamed('idempotency-claim');
    const client = tableOf(item, 'conditional write fails');
    const claim = { userId: 'ada', key: 'k', workbenchId: 'another', bodyHash: 'x', expiresAt: T0 };
    const { claim: standing } = await new DynamoIdempotencyStore(client, 'table').claim(claim, T0 - 1);
    expect(standing).toMatchObject({
      workbenchId: item.workbench_id?.S,
      bodyHash: item.body_hash?.S,
      state: 'open',
      expiresAt: T0,
    });
  });

  it('is read if it is the free capacity of an instance', async () => {
    const item = itemNamed('free-capacity');
    const client = tableOf(item);
    // The first versions did not store the network interfaces.
    const interfaces = Number(item.interfaces?.N ?? 1);
    expect(await new DynamoFreeCapacityStore(client, 'table').list(T0)).toEqual([
      {
        containerInstanceId: item.sk?.S,
        provider: 'medium',
        ...{ cpuUnits: 2048, memoryMib: 4096, gpuCount: 0, interfaces, version: 7, at: T0 },
      },
    ]);
  });

  function itemNamed(name: string): StoredItem {
    const item = items.get(name);
    if (item === undefined) throw new Error(`the set ${set} has no ${name}.json`);
    return item;
  }
});

it('reads a claim in a state that it does not know as done, so that no second workbench is created', async () => {
  const item = readItems(fixtureSets()[0] ?? '').get('idempotency-claim') ?? {};
  const client = tableOf({ ...item, claim_state: { S: 'revoked' } }, 'conditional write fails');
  const claim = { userId: 'ada', key: 'k', workbenchId: 'another', bodyHash: 'x', expiresAt: T0 };
  const { claim: standing } = await new DynamoIdempotencyStore(client, 'table').claim(claim, T0 - 1);
  expect(standing.state).toBe('done');
});

/** Name and value of the fields that a newer version might have written. */
const UNKNOWN = 'fieldOfALaterVersion';

/** The item with an unknown field in every map of one of its attributes. A mount holds members of any name already. */
function withUnknownFields(item: StoredItem, attribute = 'record'): StoredItem {
  const value = item[attribute];
  if (value === undefined) throw new Error(`the item has no ${attribute}`);
  return { ...item, [attribute]: plant(value) };
}

function plant(value: AttributeValue): AttributeValue {
  if (value.L !== undefined) return { L: value.L.map(plant) };
  if (value.M === undefined) return value;
  const members = Object.entries(value.M).map(([name, member]) => [name, plant(member)] as const);
  return { M: { ...Object.fromEntries(members), [UNKNOWN]: { S: UNKNOWN } } };
}

/** The values of all members of this name, at any depth. */
function fieldsOf(value: AttributeValue | undefined, name: string): string[] {
  if (value?.L !== undefined) return value.L.flatMap((member) => fieldsOf(member, name));
  return Object.entries(value?.M ?? {}).flatMap(([key, member]) =>
    key === name ? [member.S ?? ''] : fieldsOf(member, name),
  );
}

/** A stored record without what the change in the test changes. */
function withoutChanges(record: AttributeValue | undefined): unknown {
  const { name: _name, revision: _revision, updatedAt: _updated, ...rest } = unmarshall(record?.M ?? {});
  const { outbox: _outbox, historySeq: _seq, nextDriveAt: _next, meter: _meter, run, ...unchanged } = rest;
  return { ...unchanged, ...(run === undefined ? {} : { run: { ...run, input: undefined } }) };
}

/** A table with one item, which every read returns. Collects the items that are put. */
function tableOf(item: StoredItem, failure?: string): DynamoDBClient & { readonly written: StoredItem[] } {
  const written: StoredItem[] = [];
  const send = async (command: { readonly input: { readonly Item?: StoredItem } }) => {
    if (command.input.Item === undefined) return { Item: item, Items: [item] };
    if (failure !== undefined)
      throw Object.assign(new Error(failure), { name: 'ConditionalCheckFailedException' });
    written.push(command.input.Item);
    return {};
  };
  return { send, written } as unknown as DynamoDBClient & { readonly written: StoredItem[] };
}
