import type { Environment } from './environment.ts';

/** Renders a table. The first row is the header. */
export function markdownTable([header = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Renders time and place of a measurement. */
export function environmentTable({ date, commit, cpu, cores, memoryGib, system, node }: Environment): string {
  return markdownTable([
    ['measured', ''],
    ['date', date],
    ['commit', commit],
    ['computer', `${cpu}, ${cores} cores, ${memoryGib} GiB`],
    ['system', `${system}, Node ${node}`],
  ]);
}
