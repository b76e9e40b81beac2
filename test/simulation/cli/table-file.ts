import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { markdownTable } from '../../../bench/markdown.ts';

/** A table of results. The first cell of a row is its key. */
export interface ResultTable {
  /** Lines above the table. The first one says what all rows have in common, such as the seed. */
  readonly intro: readonly string[];
  readonly header: readonly string[];
  /** The keys of all rows that the table can have, in their order. */
  readonly keys: readonly string[];
}

/** Renders the rows in the order of the keys. */
export function formatTable(
  { intro, header, keys }: ResultTable,
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '/').replaceAll(/\s+/g, ' ')));
  const sorted = cells
    .filter(([key]) => keys.includes(key ?? ''))
    .sort(([a], [b]) => keys.indexOf(a ?? '') - keys.indexOf(b ?? ''));
  return [...intro, '', markdownTable([header, ...sorted]), ''].join('\n');
}

/**
 * Adds a row to the table in a file, or replaces it. A long run calls this after each result, so that what it has found
 * is not lost when it is stopped. The rows of earlier runs stay if the first line is the same. Otherwise the file is
 * replaced.
 */
export function writeRow(path: string, table: ResultTable, row: readonly string[]): void {
  const others = readRows(path, table).filter(([key]) => key !== row[0]);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatTable(table, [...others, row]));
}

function readRows(path: string, { intro, header }: ResultTable): readonly (readonly string[])[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n');
  if (lines[0] !== intro[0]) return [];
  return lines
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter((cells) => cells.length === header.length);
}
