import { type Command, Option } from 'commander';
import { type operations, WorkbenchApiError, type WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { printable } from './output.ts';
import { parseSeconds } from './parse.ts';
import type { Context } from './program.ts';
import { formatTable } from './table.ts';

type StartRequest = operations['startSweep']['requestBody']['content']['application/json'];
type StartedSweep = operations['startSweep']['responses'][202]['content']['application/json']['item'];
type Report = operations['listReports']['responses'][200]['content']['application/json']['items'][number];

const SWEEPS = [
  ...(['active', 'tasks', 'hosts', 'volumes', 'cluster', 'quotas'] as const),
] satisfies readonly StartRequest['sweep'][];
const WAIT_INTERVAL_MS = 2_000;

interface SweepFlags {
  readonly all?: boolean;
  readonly start?: StartRequest['sweep'];
  readonly wait?: boolean;
  readonly timeout: number;
}

const COUNTERS = ['checked', 'repaired', 'deleted', 'quarantined', 'waiting', 'failed'] as const;

/** Adds `wb sweep`. @param open returns the connection and the output of a command */
export function addSweepCommand(program: Command, open: (command: Command) => Context): void {
  program
    .command('sweep')
    .description('for operators: show the last report of each sweep with its findings, or start a sweep')
    .option('--all', 'all reports that are kept, the newest first')
    .addOption(new Option('--start <sweep>', 'start this sweep').choices(SWEEPS))
    .option('--wait', 'with --start: wait for its end, and show its report')
    .option('--timeout <seconds>', 'end the wait after this time', parseSeconds, 15 * 60)
    .action(async ({ all = false, start, wait = false, timeout }: SweepFlags, command: Command) => {
      const context = open(command);
      const { client, output } = context;
      if (start === undefined) {
        if (wait) throw new CommandError(EXIT_CODES.usage, '--wait needs --start.');
        const listed = await listReports(client);
        const reports = all ? listed : lastOfEach(listed);
        return output.result(reports, formatReports(reports));
      }
      const { data, error, response } = await client.operations.POST('/sweeps', { body: { sweep: start } });
      if (data === undefined) throw new WorkbenchApiError(response, error);
      if (!wait) return output.result(data.item, `The sweep ${start} begins. See: wb sweep`);
      const report = await waitForReport(context, data.item, timeout * 1000);
      output.result(report, formatReports([report]));
    });
}

async function listReports(client: WorkbenchClient): Promise<readonly Report[]> {
  const { data, error, response } = await client.operations.GET('/reports/reconcile', {});
  if (data === undefined) throw new WorkbenchApiError(response, error);
  return data.items;
}

/** Ctrl-C ends the wait, not the sweep. */
async function waitForReport(
  { client, output }: Context,
  { sweep, requested_at: from }: StartedSweep,
  timeoutMs: number,
): Promise<Report> {
  const startedAt = performance.now();
  try {
    for (;;) {
      const reports = await listReports(client);
      const report = reports.find((each) => each.sweep === sweep && each.started_at >= from);
      if (report !== undefined) return report;
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs >= timeoutMs) {
        throw new CommandError(EXIT_CODES.timeout, `The sweep ${sweep} has not ended yet. See: wb sweep`);
      }
      output.progress(`${sweep}: running, ${Math.round(elapsedMs / 1000)} s`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_INTERVAL_MS, timeoutMs - elapsedMs)));
    }
  } finally {
    output.endProgress();
  }
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
