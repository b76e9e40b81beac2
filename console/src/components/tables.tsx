import type { ComponentChildren } from 'preact';
import { formatUsd } from '../format.ts';
import { TEXTS } from '../texts.ts';

interface ScrollableTableProps {
  /** For screen readers. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A table that scrolls within the page: at 360 pixels it is wider than the screen. A keyboard can scroll it, too. */
export function ScrollableTable({ label, children }: ScrollableTableProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: sections are drawn as boxes
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard cannot scroll the table
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

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

interface BarProps {
  readonly label: string;
  readonly all: number;
  readonly used: number;
  readonly format: (value: number) => string;
}

/** How much of something is taken: a picture for those who see it, a sentence for those who hear it. */
export function Bar({ label, all, used, format }: BarProps) {
  const share = all === 0 ? 1 : Math.min(1, Math.max(0, used / all));
  return (
    <div class="bar">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="8" />
        <rect class="used" width={share * 100} height="8" />
      </svg>
      <span class="hint">{TEXTS.taken(label, format(used), format(all))}</span>
    </div>
  );
}
