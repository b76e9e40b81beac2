import type { UsageDay, UsageItem, UserUsageItem } from '#contract/cost-bodies.ts';

/** What a line of the CSV is about. */
export const USAGE_LINES = ['workbench', 'user', 'day'] as const;
export type UsageLine = (typeof USAGE_LINES)[number];

interface UsageLists {
  readonly items: readonly UsageItem[];
  readonly users: readonly UserUsageItem[];
  readonly days: readonly UsageDay[];
}

const SUMS = ['hours_running', 'usd'] as const;

/** A spreadsheet reads a cell that begins like this as a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/** The usage as CSV (RFC 4180), with a header. Names come from users, so a cell is never a formula. */
export function toCsv(by: UsageLine, month: string, { items, users, days }: UsageLists): string {
  switch (by) {
    case 'workbench':
      return toTable(
        ['month', 'user_id', 'workbench_id', 'workbench_name', ...SUMS],
        items.map((item) => ({ month, ...item })),
      );
    case 'user':
      return toTable(
        ['month', 'user_id', ...SUMS],
        users.map((user) => ({ month, ...user })),
      );
    case 'day':
      return toTable(['day', ...SUMS], days);
  }
}

function toTable<C extends string>(
  columns: readonly C[],
  rows: readonly Readonly<Record<C, string | number>>[],
): string {
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((cells) => `${cells.map(toCell).join(',')}\r\n`)
    .join('');
}

function toCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}
