import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTIVE_PARTITIONS,
  DUE_PARTITIONS,
  historyKey,
  idempotencyKey,
  keyAttributes,
  keyOfItem,
  partitionOf,
  recordKey,
} from '#adapters/aws/dynamodb/keys.ts';
import { ACTIVE_SHARDS, createTableInput, DUE_SHARDS, INDEXES } from '#contract/table.ts';
import { anyUserId, anyWorkbenchId } from '#test/builders/any-workbench.ts';
import { idAt, T0 } from '#test/builders/workbench.ts';

describe('the table', () => {
  it('has keys-only indexes, and defines each attribute once', () => {
    const input = createTableInput('workbenches');
    expect(input.TableName).toBe('workbenches');
    expect(input.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(input.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)).toEqual(
      Object.values(INDEXES).map(({ name }) => name),
    );
    expect(
      input.GlobalSecondaryIndexes.every((index) => index.Projection.ProjectionType === 'KEYS_ONLY'),
    ).toBe(true);
    const defined = input.AttributeDefinitions.map(({ AttributeName }) => AttributeName).toSorted();
    const used = [input, ...input.GlobalSecondaryIndexes].flatMap(({ KeySchema }) =>
      KeySchema.map(({ AttributeName }) => AttributeName),
    );
    expect(defined).toEqual([...new Set(used)].toSorted());
  });
});

describe('keys', () => {
  it('contain the user id and the workbench id', () => {
    fc.assert(
      fc.property(anyUserId(), anyWorkbenchId(), (userId, workbenchId) => {
        const key = { userId, workbenchId };
        expect(keyOfItem(keyAttributes(recordKey(key)))).toEqual(key);
      }),
    );
  });

  it('of other items contain no workbench', () => {
    expect(keyOfItem(keyAttributes(idempotencyKey('ada', 'workbench#1')))).toBeUndefined();
    expect(keyOfItem(keyAttributes(historyKey(idAt(T0, 1), 1)))).toBeUndefined();
    expect(keyOfItem({})).toBeUndefined();
  });

  it('differ for any two items', () => {
    fc.assert(
      fc.property(anyUserId(), anyUserId(), fc.string(), fc.string(), (userA, userB, a, b) => {
        fc.pre(userA !== userB || a !== b);
        expect(recordKey({ userId: userA, workbenchId: a })).not.toEqual(
          recordKey({ userId: userB, workbenchId: b }),
        );
        expect(idempotencyKey(userA, a)).not.toEqual(idempotencyKey(userB, b));
        expect(recordKey({ userId: userA, workbenchId: a })).not.toEqual(idempotencyKey(userB, b));
      }),
    );
  });

  it('sort history entries by their numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 - 1 }), fc.integer({ min: 1, max: 1e10 - 1 }), (a, b) => {
        expect(historyKey('w', a).sk < historyKey('w', b).sk).toBe(a < b);
      }),
    );
  });

  it('distribute workbenches evenly over the shards, and always select the same shard for a workbench', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 4_000; n++) {
      const partition = partitionOf(idAt(T0 + n, n * 7_919), DUE_PARTITIONS);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(DUE_PARTITIONS.toSorted());
    for (const count of counts.values()) expect(count).toBeGreaterThan(4_000 / DUE_SHARDS / 2);
    // A literal, so that this test fails if the hash changes: records in the index would be hidden.
    expect(partitionOf('01jn8x5r0g0000000000000001', DUE_PARTITIONS)).toBe('due#3');
    expect(ACTIVE_PARTITIONS).toHaveLength(ACTIVE_SHARDS);
  });
});
