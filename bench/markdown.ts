import type { Machine } from './machine.ts';

/** A table; the first row is its head. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** When and where figures were taken, as a table. */
export function machineTable({ date, commit, cpu, cores, memoryGib, system, node }: Machine): string {
  return markdownTable([
    ['measured', ''],
    ['date', date],
    ['commit', commit],
    ['machine', `${cpu}, ${cores} cores, ${memoryGib} GiB`],
    ['system', `${system}, Node ${node}`],
  ]);
}
