import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatTable, writeRow } from './table-file.ts';

const TABLE = { intro: ['Seed 1.', 'Last run: today.'], header: ['name', 'found'], keys: ['a', 'b', 'c'] };

describe('formatTable', () => {
  it('has the rows in the order of the keys', () => {
    const text = 'Seed 1.\nLast run: today.\n\n| name | found |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n';
    expect(
      formatTable(TABLE, [
        ['b', '2'],
        ['a', '1'],
      ]),
    ).toBe(text);
  });

  it('has cells of one line without the separator of cells', () => {
    expect(formatTable(TABLE, [['a', 'x | y\n  z']])).toContain('\n| a | x / y z |\n');
  });
});

describe('writeRow', () => {
  let path: string;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'wb-table-')), 'results/table.md');
  });
  const read = () => readFileSync(path, 'utf8');

  it('keeps the rows of earlier runs, also with an empty cell', () => {
    writeRow(path, TABLE, ['c', '']);
    writeRow(path, { ...TABLE, intro: ['Seed 1.', 'Last run: tomorrow.'] }, ['a', '1']);
    const rows = [
      ['a', '1'],
      ['c', ''],
    ];
    expect(read()).toBe(formatTable({ ...TABLE, intro: ['Seed 1.', 'Last run: tomorrow.'] }, rows));
  });

  it('replaces the row of the same key', () => {
    writeRow(path, TABLE, ['a', '1']);
    writeRow(path, TABLE, ['a', '2']);
    expect(read()).toBe(formatTable(TABLE, [['a', '2']]));
  });

  it('drops rows whose key no longer exists', () => {
    writeRow(path, { ...TABLE, keys: ['old'] }, ['old', '1']);
    writeRow(path, TABLE, ['a', '1']);
    expect(read()).toBe(formatTable(TABLE, [['a', '1']]));
  });

  it('drops the rows of runs that had other conditions, and of a table with other columns', () => {
    writeRow(path, { ...TABLE, intro: ['Seed 2.'] }, ['b', '1']);
    writeRow(path, TABLE, ['a', '1']);
    expect(read()).toBe(formatTable(TABLE, [['a', '1']]));
    writeFileSync(path, 'Seed 1.\n| name |\n| --- |\n| b |\n');
    writeRow(path, TABLE, ['a', '1']);
    expect(read()).toBe(formatTable(TABLE, [['a', '1']]));
  });
});
