import type { Command } from 'commander';
import { type operations, WorkbenchApiError } from 'workbench-client';
import { printable } from './output.ts';
import type { Context } from './program.ts';
import { formatTable } from './table.ts';

type Report = operations['listReports']['responses'][200]['content']['application/json']['items'][number];

const COUNTERS = ['checked', 'repaired', 'deleted', 'quarantined', 'waiting', 'failed'] as const;

/** Adds `wb sweep`. @param open returns the connection and the output of a command */
export function addSweepCommand(program: Command, open: (command: Command) => Context): void {
  program
    .command('sweep')
    .description('for operators: show the last report of each sweep, with its findings')
    .option('--all', 'all reports that are kept, the newest first')
    .action(async ({ all = false }: { readonly all?: boolean }, command: Command) => {
      const { client, output } = open(command);
      const { data, error, response } = await client.operations.GET('/reports/reconcile', {});
      if (data === undefined) throw new WorkbenchApiError(response, error);
      const reports = all ? data.items : lastOfEach(data.items);
      output.result(reports, formatReports(reports));
    });
}

/** @param reports the newest first */
function lastOfEach(reports: readonly Report[]): readonly Report[] {
  return reports.filter(({ sweep }, index) => reports.findIndex((each) => each.sweep === sweep) === index);
}

function formatReports(reports: readonly Report[]): string {
  if (reports.length === 0) return 'There is no report yet.';
  const rows = reports.map((report) => [
    report.sweep,
    report.ended_at,
    ...COUNTERS.map((counter) => String(report[counter])),
  ]);
  const table = formatTable([
    ['SWEEP', 'ENDED', ...COUNTERS.map((counter) => counter.toUpperCase())],
    ...rows,
  ]);
  const notes = reports.flatMap(({ sweep, deletion_limit_exceeded: isExceeded, findings }) => [
    ...(isExceeded ? [`${sweep}: more orphans than the deletion limit. Nothing was deleted.`] : []),
    ...findings.map(({ id, result, reason }) => printable(`${sweep}: ${id}  ${result}  ${reason}`)),
  ]);
  return [table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}
