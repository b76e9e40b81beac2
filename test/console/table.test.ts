import { describe, expect, test } from 'vitest';
import { ROWS_PER_PAGE, type Row, runMany, showRows, type View } from '#console/src/table.ts';

const VIEW: View = { filter: '', status: '', sort: 'name', descending: false, page: 1 };
const row = (number: number, more: Partial<Row> = {}): Row => ({
  workbenchId: `id-${String(number).padStart(4, '0')}`,
  name: `Workbench ${number}`,
  owner: number % 2 === 0 ? 'ada' : 'bob',
  status: number % 3 === 0 ? 'pending' : 'running',
  machine: `i-${number % 5}`,
  ...more,
});
const ROWS = Array.from({ length: 1000 }, (_, index) => row(index));

describe('the table of operators', () => {
  test('shows pages in the order of numbers in names', () => {
    const first = showRows(ROWS, VIEW);
    expect(first.rows.slice(0, 3).map(({ name }) => name)).toEqual([
      'Workbench 0',
      'Workbench 1',
      'Workbench 2',
    ]);
    expect([first.rows.length, first.pages, first.count]).toEqual([ROWS_PER_PAGE, 40, 1000]);
    const last = showRows(ROWS, { ...VIEW, page: 99 });
    expect([last.page, last.rows.at(-1)?.name]).toEqual([40, 'Workbench 999']);
  });

  test('finds by a part of name, owner, machine or id, and by status', () => {
    const find = (changed: Partial<View>) => showRows(ROWS, { ...VIEW, ...changed }).count;
    expect(find({ filter: ' ADA ' })).toBe(500);
    expect(find({ filter: 'i-4' })).toBe(200);
    expect(find({ filter: 'id-0999' })).toBe(1);
    expect(find({ filter: 'bob', status: 'pending' })).toBe(167);
    expect(showRows(ROWS, { ...VIEW, filter: 'nothing like it' })).toMatchObject({
      rows: [],
      page: 1,
      pages: 1,
    });
  });

  test('sorts by each column, downwards as well, and does not change the rows', () => {
    const before = [...ROWS];
    const sorted = showRows(ROWS, { ...VIEW, sort: 'owner', descending: true });
    expect(sorted.rows.every(({ owner }) => owner === 'bob')).toBe(true);
    expect(ROWS).toEqual(before);
  });
});

describe('an act on many', () => {
  test('tries all, at most four at a time, and returns what failed', async () => {
    let running = 0;
    let most = 0;
    const outcomes = await runMany([1, 2, 3, 4, 5, 6, 7], async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (item % 3 === 0) throw new Error(`not ${item}`);
    });
    expect(most).toBe(4);
    expect(outcomes.map(({ item }) => item).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes.filter(({ error }) => error !== undefined).map(({ item }) => item)).toEqual([3, 6]);
  });
});
