import { REAL_CONTROLLER_TIMING, REAL_TIMING, TIMING_OF_SETTING } from '#test/simulation/world/timing.ts';
import type { Environment } from '../environment.ts';
import { environmentTable, markdownTable } from '../markdown.ts';
import type { StartTimes } from './measure.ts';
import type { Scenario } from './scenarios.ts';

/** The p95 of a restart on a warm instance must be below this. */
export const RESTART_P95_MAX_MS = 20_000;

export interface Comparison {
  readonly scenario: Scenario;
  readonly before: StartTimes;
  readonly after: StartTimes;
}

export interface SettingEffect {
  /** A key of TIMING_OF_SETTING. */
  readonly setting: string;
  /** With this setting and otherwise the settings from before. */
  readonly alone: StartTimes;
}

export interface Results {
  readonly environment: Environment;
  /** Starts per scenario and settings. */
  readonly starts: number;
  readonly comparisons: readonly Comparison[];
  /** Restarts on a warm instance with the settings from before. */
  readonly restartBefore: StartTimes;
  readonly effects: readonly SettingEffect[];
}

/** Returns why the start times are not acceptable; undefined if they are. */
export function describeSlowRestart({ p95 }: StartTimes): string | undefined {
  return p95 < RESTART_P95_MAX_MS
    ? undefined
    : `The p95 of a restart on a warm instance is ${inSeconds(p95)} s. It must be below ${RESTART_P95_MAX_MS / 1000} s.`;
}

export function comparisonTable(comparisons: readonly Comparison[]): string {
  return markdownTable([
    ['seconds', 'before: p50', 'p95', 'after: p50', 'p95'],
    ...comparisons.map(({ scenario, before, after }) => [
      scenario.name,
      ...[before.p50, before.p95, after.p50, after.p95].map(inSeconds),
    ]),
  ]);
}

export function effectTable(before: StartTimes, effects: readonly SettingEffect[]): string {
  return markdownTable([
    ['restart on a warm instance, seconds', 'p50', 'p95', 'difference of p50'],
    ['before', inSeconds(before.p50), inSeconds(before.p95), ''],
    ...effects.map(({ setting, alone }) => [
      setting,
      inSeconds(alone.p50),
      inSeconds(alone.p95),
      inSeconds(alone.p50 - before.p50),
    ]),
  ]);
}

export function page({ environment, starts, comparisons, restartBefore, effects }: Results): string {
  return [
    '# Start time',
    '',
    '<!-- Written by `npm run bench:start-time`. Do not edit. -->',
    '',
    'The time from the request until the client that polls reads `running`. The functions of the controller run in virtual time',
    'over the simulated AWS, without failures, and with the durations below. These are estimates from the documents of AWS',
    'and the source of the ECS agent; none was measured on an account.',
    '',
    '- **before**: health check every 5 s; the agent asks the registry for each image at each start and pulls that of the',
    '  readiness container after the health check has succeeded; no trunking; images have a folder at the mount point.',
    '- **after**: the settings that this project deploys. The second table names them.',
    '',
    comparisonTable(comparisons),
    '',
    ...comparisons.map(({ scenario }) => `- **${scenario.name}**: ${scenario.description}.`),
    '',
    'The instance has enough network interfaces for 20 workbenches in both cases, so that the columns differ only in time.',
    'Without trunking an `m6i.2xlarge` holds three. When a start, or a burst of starts, begins, Lambda has no idle environment',
    'of any function except the sweep. Clients poll every 2 s, or every 5 s while an instance is launched, as the API asks them',
    'to; so times differ by multiples of that interval.',
    '',
    '## Each setting alone',
    '',
    effectTable(restartBefore, effects),
    '',
    '## Durations',
    '',
    durationTable(),
    '',
    'The agent checks the health of a container 5 s, 10 s, … after its start, and then starts the readiness container.',
    '',
    controllerTable(),
    '',
    environmentTable(environment),
    '',
    `At least ${starts} starts for each figure.`,
    '',
  ].join('\n');
}

function durationTable(): string {
  const changes: Readonly<Record<string, unknown>> = Object.assign({}, ...Object.values(TIMING_OF_SETTING));
  return markdownTable([
    ['step', 'before', 'after'],
    ...Object.entries(REAL_TIMING).map(([name, value]) => [
      name,
      describe(name, value),
      describe(name, changes[name] ?? value),
    ]),
  ]);
}

function controllerTable(): string {
  return markdownTable([
    ['controller', 'before and after'],
    ...Object.entries(REAL_CONTROLLER_TIMING).map(([name, value]) => [name, describe(name, value)]),
  ]);
}

/** A delay, a time in milliseconds whose name ends in `Ms`, or a count. */
function describe(name: string, value: unknown): string {
  if (typeof value === 'number') return name.endsWith('Ms') ? `${value / 1000} s` : String(value);
  const { min, max } = value as { readonly min: number; readonly max: number };
  return min === max ? `${min / 1000} s` : `${min / 1000}-${max / 1000} s`;
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
