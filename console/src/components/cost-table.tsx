import type { ComponentChildren } from 'preact';
import { formatUsd } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { ScrollableTable } from './scrollable-table.tsx';

interface Sum {
  readonly hours_running: number;
  readonly usd: number;
}

export interface CostRow extends Sum {
  readonly key: string;
  readonly name: ComponentChildren;
}

interface CostTableProps {
  /** For screen readers. */
  readonly label: string;
  /** What a row is about. */
  readonly column: string;
  readonly rows: readonly CostRow[];
  readonly total: Sum;
}

const { costColumns: columns } = TEXTS.usage;

/** Costs: a chart for those who see it, in a table for all. */
export function CostTable({ label, column, rows, total }: CostTableProps) {
  const most = Math.max(0, ...rows.map(({ usd }) => usd));
  return (
    <ScrollableTable label={label}>
      <thead>
        <tr>
          <th scope="col">{column}</th>
          <th scope="col">{columns.hours}</th>
          <th scope="col">{columns.usd}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, hours_running: hours, usd }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td>{hours.toFixed(1)}</td>
            <td>{formatUsd(usd)}</td>
            <td class="chart">
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="used" width={most === 0 ? 0 : (usd / most) * 100} height="8" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{TEXTS.usage.total}</th>
          <td>{total.hours_running.toFixed(1)}</td>
          <td>{formatUsd(total.usd)}</td>
          <td />
        </tr>
      </tfoot>
    </ScrollableTable>
  );
}
