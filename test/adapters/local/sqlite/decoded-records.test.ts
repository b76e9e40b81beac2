import { expect, it } from 'vitest';
import { DecodedRecords } from '#adapters/local/sqlite/decoded-records.ts';
import { toRecordRow } from '#adapters/local/sqlite/record-row.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { openStoresForTest } from './open-stores.ts';

function decode(records: DecodedRecords, workbench: Workbench): Workbench {
  return records.decode(keyOf(workbench), toRecordRow(workbench));
}

it('decodes an unchanged row once, and a changed one again', () => {
  const records = new DecodedRecords();
  const first = decode(records, stopped());
  expect(first).toEqual(stopped());
  expect(decode(records, stopped())).toBe(first);
  expect(decode(records, stopped({ name: 'renamed' })).name).toBe('renamed');
  expect(records.size).toBe(1);
});

it('returns records that no caller can change', () => {
  const workbench = decode(new DecodedRecords(), stopped());
  expect(() => Object.assign(workbench.spec, { cpuUnits: 1 })).toThrow(TypeError);
});

it('separates the same workbench id of two users', () => {
  const records = new DecodedRecords();
  decode(records, stopped({ name: 'hers' }));
  expect(decode(records, stopped({ userId: 'bob', name: 'his' })).name).toBe('his');
  expect(decode(records, stopped({ name: 'hers' })).name).toBe('hers');
  expect(records.size).toBe(2);
});

it('keeps the records that were used last', () => {
  const records = new DecodedRecords(2);
  const [one, two, three] = [1, 2, 3].map((n) => stopped({ workbenchId: idAt(T0, n) })) as [
    Workbench,
    Workbench,
    Workbench,
  ];
  const first = decode(records, one);
  const second = decode(records, two);
  expect(decode(records, one)).toBe(first);
  decode(records, three);
  expect(records.size).toBe(2);
  expect(decode(records, one)).toBe(first);
  expect(decode(records, two)).not.toBe(second);
});

it('keeps no record that has become unreadable', () => {
  const records = new DecodedRecords();
  decode(records, stopped());
  const row = { ...toRecordRow(stopped()), crc: 0 };
  expect(() => records.decode(keyOf(stopped()), row)).toThrow(UnreadableRecord);
  expect(records.size).toBe(0);
});

it('does not hide a change that another program makes in the file', async () => {
  const { database, workbenches } = openStoresForTest(':memory:');
  await workbenches.create(stopped());
  const before = await workbenches.read(keyOf(stopped()));
  expect(await workbenches.read(keyOf(stopped()))).toBe(before);
  const { record, crc } = toRecordRow(stopped({ name: 'changed' }));
  await database.write((connection) =>
    connection.run('UPDATE workbenches SET record = ?, crc = ?', record, crc),
  );
  expect((await workbenches.read(keyOf(stopped())))?.name).toBe('changed');
});
