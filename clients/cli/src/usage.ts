import { type Command, Option } from 'commander';
import type { UsageReport } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { printable } from './output.ts';
import type { Context } from './program.ts';
import { formatTable } from './table.ts';

const LINES = ['workbench', 'user', 'day'] as const;
type Line = (typeof LINES)[number];

interface UsageFlags {
  readonly month?: string;
  readonly group?: string;
  readonly all?: boolean;
  readonly by?: Line;
}

/** Adds `wb usage`. @param open returns the connection and the output of a command */
export function addUsageCommand(program: Command, open: (command: Command) => Context): void {
  program
    .command('usage')
    .description('show what your workbenches have cost in a month, deleted ones included')
    .option('--month <yyyy-mm>', 'the month (UTC; default: this month)')
    .option('--group <name>', 'of the users in this group, for administrators')
    .option('--all', 'of all users, for administrators')
    .addOption(
      new Option(
        '--by <what>',
        'what a line is about (default: workbench; with --group or --all: user)',
      ).choices(LINES),
    )
    .action(async ({ month, group, all, by }: UsageFlags, command: Command) => {
      if (group !== undefined && all === true)
        throw new CommandError(EXIT_CODES.usage, 'Use either --group or --all.');
      const { client, output } = open(command);
      const isOfUsers = group !== undefined || all === true;
      const report = await client.usageReport({
        ...(month === undefined ? {} : { month }),
        ...(group === undefined ? {} : { group }),
        ...(all === undefined ? {} : { all }),
      });
      const line = by ?? (isOfUsers ? 'user' : 'workbench');
      output.result(linesOf(report, line), formatUsage(report, line));
    });
}

function linesOf({ items, users, days }: UsageReport, line: Line) {
  return { workbench: items, user: users, day: days }[line];
}

/** A table with the sum in its last row. */
export function formatUsage(report: UsageReport, line: Line): string {
  const { items, users, days, total } = report;
  const named = {
    workbench: () => items.map((item) => [[item.workbench_id, item.workbench_name], item] as const),
    user: () => users.map((user) => [[user.user_id, user.groups.join(', ')], user] as const),
    day: () => days.map((day) => [[day.day, ''], day] as const),
  }[line]();
  if (named.length === 0) return 'Nothing was used.';
  const header = { workbench: ['ID', 'NAME'], user: ['USER', 'GROUPS'], day: ['DAY', ''] }[line];
  const row = (names: readonly string[], { hours_running: hours, usd }: typeof total) => [
    ...names.map(printable),
    hours.toFixed(1),
    usd.toFixed(2),
  ];
  const rows = [
    [...header, 'HOURS', 'USD'],
    ...named.map(([names, sum]) => row(names, sum)),
    row(['', 'total'], total),
  ];
  return formatTable(rows);
}
