import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { anyWorkbench } from '#test/builders/any-workbench.ts';
import { LARGEST_WORKBENCHES } from '#test/builders/largest-workbench.ts';
import { aHost, aTaskInput, issuedRun, running, starting, stopped } from '#test/builders/workbench.ts';
import { itemSize } from './item-size.ts';

/** One read unit of a strongly consistent read, in bytes. */
const READ_UNIT_BYTES = 4_096;

/**
 * Bytes that the largest record of each variant leaves free for coming fields. A new field may use them: lower the numbers of
 * the variants that have it by its largest size. docs/decisions/0040-space-in-the-record.md says what to do below 128 bytes.
 */
const FREE_BYTES: Readonly<Record<keyof typeof LARGEST_WORKBENCHES, number>> = {
  stopped: 589,
  'starting-preparing': 476,
  'starting-issued': 248,
  provisioning: 353,
  pending: 334,
  running: 424,
  'stopping-issued': 196,
  'stopping-accepted': 130,
  'deleting-issued': 622,
  'deleting-accepted': 556,
};

describe('the item of a record', () => {
  it('is parsed as the workbench that was written', () => {
    fc.assert(
      fc.property(anyWorkbench(), (workbench) => {
        expect(parseWorkbench(keyOf(workbench), { record: toRecordAttribute(workbench) })).toEqual(workbench);
      }),
    );
  });

  it('keeps the input of an issued run when the record changes', () => {
    const input = aTaskInput({ name: 'former name', mount: { path: 'former path' } });
    const workbench = starting({ name: 'new name', mount: { path: 'new path' }, run: issuedRun({ input }) });
    expect(parseWorkbench(keyOf(workbench), { record: toRecordAttribute(workbench) })).toEqual(workbench);
  });

  it('leaves out what the input of an issued run and the key repeat', () => {
    const stored = (workbench: Workbench) => unmarshall(toRecordAttribute(workbench).M ?? {});
    const input = aTaskInput({ name: 'AutoCyber', mount: { path: 'volumes/ada' } });
    const record = stored(starting({ mount: { path: 'volumes/ada' }, run: issuedRun({ input }) }));
    expect(record).not.toHaveProperty('userId');
    expect(record).not.toHaveProperty('workbenchId');
    expect(Object.keys(record.run.input).sort()).toEqual(
      ['attempt', 'cpuUnits', 'gpuCount', 'memoryMib', 'placement', 'runId'].sort(),
    );
    expect(stored(starting({ name: 'new name', run: issuedRun({ input }) })).run.input.name).toBe(
      'AutoCyber',
    );
  });

  it('has an index attribute only if the index lists the record', () => {
    const names = (workbench: Workbench) =>
      Object.entries(toIndexAttributes(workbench))
        .filter(([, value]) => value !== undefined)
        .map(([name]) => name);
    expect(names(stopped())).toEqual(['ix_workbench']);
    expect(names(running())).toEqual(['ix_workbench', 'ix_active_shard']);
    expect(names(starting({ host: aHost() }))).toEqual([
      'ix_workbench',
      'ix_instance',
      'ix_due_shard',
      'ix_due_at',
      'ix_active_shard',
    ]);
  });

  it.each(Object.entries(LARGEST_WORKBENCHES) as [keyof typeof LARGEST_WORKBENCHES, Workbench][])(
    'costs one read unit and leaves the noted bytes for new fields at its largest: %s',
    (variant, workbench) => {
      // The offer of a workbench ends when it is deleted.
      const { restorable: _deleted, ...kept } = workbench;
      const { offer: _ended, ...deleted } = workbench;
      const sizes = ([kept, deleted] as Workbench[]).map(sizeOf);
      expect(READ_UNIT_BYTES - Math.max(...sizes)).toBe(FREE_BYTES[variant]);
    },
  );
});

function sizeOf(workbench: Workbench): number {
  const indexes = Object.entries(toIndexAttributes(workbench)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return itemSize({
    ...keyAttributes(recordKey(workbench)),
    ...Object.fromEntries(indexes),
    record: toRecordAttribute(workbench),
    write_token: { S: 'twelve-chars' },
    create_token: { S: 'twelve-chars' },
  });
}
