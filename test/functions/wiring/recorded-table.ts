import { type Item, keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import type { RecordedCall } from './recorded-aws.ts';

/** The values of an index that a query names. */
const PARTITION = [':partition', ':value'];

/** The part of DynamoDB that the wiring tests need: records, found by their keys and in every index. */
export class RecordedTable {
  readonly #items = new Map<string, Item>();
  readonly #keys: ReturnType<typeof keyOf>[] = [];

  /** @param items others than records */
  constructor(workbenches: readonly Workbench[], items: readonly Item[] = []) {
    for (const item of items) this.#items.set(idOf(item), item);
    for (const workbench of workbenches) {
      this.#keys.push(keyOf(workbench));
      const item = { ...keyAttributes(recordKey(workbench)), record: toRecordAttribute(workbench) };
      const indexes = Object.entries(toIndexAttributes(workbench)).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      this.#items.set(idOf(item), { ...item, ...Object.fromEntries(indexes) });
    }
  }

  /** The records as they were last written. */
  get workbenches(): readonly Workbench[] {
    return this.#keys.map((key) =>
      parseWorkbench(key, this.#items.get(idOf(keyAttributes(recordKey(key)))) ?? {}),
    );
  }

  respond({ operation, input }: RecordedCall): object | undefined {
    switch (operation) {
      case 'GetItem':
        return { Item: this.#items.get(idOf(input.Key)) };
      case 'UpdateItem': {
        const item = this.#items.get(idOf(input.Key));
        const record = input.ExpressionAttributeValues[':record'];
        if (item !== undefined && record !== undefined) item.record = record;
        return {};
      }
      case 'Query':
        return { Items: this.#query(input) };
      default:
        return {};
    }
  }

  #query({ IndexName, ExpressionAttributeValues: values }: RecordedCall['input']): readonly Item[] {
    const items = [...this.#items.values()];
    if (IndexName === undefined) return items.filter(({ pk }) => pk?.S === values[':pk']?.S);
    const searched = PARTITION.map((name) => values[name]?.S).find((value) => value !== undefined);
    return items.filter((item) =>
      Object.entries(item).some(([name, value]) => name.startsWith('ix_') && value.S === searched),
    );
  }
}

function idOf({ pk, sk }: Item): string {
  return `${pk?.S} ${sk?.S}`;
}
