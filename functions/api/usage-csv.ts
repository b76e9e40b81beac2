import type { UsageItem } from '#contract/cost-bodies.ts';

const COLUMNS = ['month', 'user_id', 'workbench_id', 'workbench_name', 'hours_running', 'usd'] as const;

/** A spreadsheet reads a cell that begins like this as a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/** The items as CSV (RFC 4180), with a header. Names come from users, so a cell is never a formula. */
export function toCsv(month: string, items: readonly UsageItem[]): string {
  const rows = items.map((item) => COLUMNS.map((column) => (column === 'month' ? month : item[column])));
  return [COLUMNS, ...rows].map((cells) => `${cells.map(toCell).join(',')}\r\n`).join('');
}

function toCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}
