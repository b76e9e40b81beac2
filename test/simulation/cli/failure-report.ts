import { describeCommand } from '../schedule/commands.ts';
import type { Rollout } from '../schedule/mixed-fleet.ts';
import { formatHazards, type HazardArguments } from './arguments.ts';
import type { Failure } from './batch.ts';

/** The log lines of a failed schedule that are printed. */
const LOG_LINES_SHOWN = 120;
/** The same if others follow. */
const LOG_LINES_OF_FORMER = 15;

/** The violated rule, and how to replay it. */
export function formatViolation({ message, seed, path }: Failure, given: HazardArguments): string {
  return [
    `A rule was violated: ${message}`,
    'To replay the schedule:',
    `  npm run simulate -- --seed ${seed} --replay ${path}${formatHazards(given)}`,
  ].join('\n');
}

/** What an engineer reads when a rule is violated: the rule, the requests, the log and how to replay it. */
export function formatFailure(
  failure: Failure,
  given: HazardArguments,
  logLinesShown = LOG_LINES_SHOWN,
): string {
  const { message, logLines, schedule } = failure;
  const commands = schedule.commands.map(
    (command) => `  ${(command.at / 1000).toFixed(3).padStart(10)} s  ${describeCommand(command)}`,
  );
  const shown = logLines.slice(-logLinesShown);
  return [
    `A rule was violated: ${message}`,
    '',
    `Requests of the schedule (time since its start; faults are injected into ${schedule.faultPercent} % of the calls):`,
    ...commands,
    ...(schedule.rollout === undefined ? [] : ['', formatRollout(schedule.rollout)]),
    '',
    `Log of the schedule, the last ${shown.length} lines:`,
    ...shown.map((line) => `  ${line}`),
    '',
    formatViolation(failure, given),
  ].join('\n');
}

/** All failures of a run. The last one has most of its log, the others only the end. */
export function formatFailures(failures: readonly Failure[], given: HazardArguments): string {
  return failures
    .map((failure, index) => {
      const isLast = index === failures.length - 1;
      return formatFailure(failure, given, isLast ? LOG_LINES_SHOWN : LOG_LINES_OF_FORMER);
    })
    .join('\n\n');
}

function formatRollout({ startsAt, endsAt, rollsBackAt }: Rollout): string {
  const rollback = rollsBackAt === undefined ? '' : `, rolled back at ${rollsBackAt / 1000} s`;
  return `Rollout of a newer version: starts at ${startsAt / 1000} s, complete at ${endsAt / 1000} s${rollback}.`;
}
