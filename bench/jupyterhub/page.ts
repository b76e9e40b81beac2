import { type Environment, loadLine } from '../environment.ts';
import { environmentTable, markdownTable } from '../markdown.ts';
import { CONNECTIONS, type Kind, type MeasureOptions, type SideResult, STORED } from './measure.ts';
import type { RequestProfile } from './profile.ts';

export interface Results {
  readonly environment: Environment;
  /** The 1-minute average of runnable processes before the measurement. */
  readonly loadBefore: number;
  readonly jupyterHubVersion: string;
  readonly options: MeasureOptions;
  readonly workbench: SideResult;
  readonly hub: SideResult;
  /** Where the time of the local server goes. */
  readonly profiles: readonly (readonly [Kind, RequestProfile])[];
}

const LABELS: Readonly<Record<Kind, string>> = {
  poll: 'poll',
  list: `list of ${STORED}`,
  create: 'create',
};

export interface Target {
  readonly name: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Compares the results with the targets of the local server. */
export function compareWithTargets({
  workbench,
  hub,
}: Pick<Results, 'workbench' | 'hub'>): readonly Target[] {
  const ratio = (kind: Kind) => workbench.requests[kind].perSecond / hub.requests[kind].perSecond;
  const atLeast = (kind: 'poll' | 'list', factor: number): Target => ({
    name: `${LABELS[kind]}: at least ${factor} × the requests per second of JupyterHub`,
    measured: `${ratio(kind).toFixed(1)} ×`,
    met: ratio(kind) >= factor,
  });
  const quick = (kind: 'poll' | 'list'): Target => ({
    name: `${LABELS[kind]}: p99 below 10 ms`,
    measured: `${workbench.requests[kind].p99.toFixed(1)} ms`,
    met: workbench.requests[kind].p99 < 10,
  });
  const { resident } = workbench.memory;
  return [
    atLeast('poll', 15),
    atLeast('list', 8),
    quick('poll'),
    quick('list'),
    {
      name: `memory with ${STORED} workbenches below 150 MiB`,
      measured: `${Math.round(resident)} MiB`,
      met: resident < 150,
    },
  ];
}

export function requestTable({ workbench, hub, jupyterHubVersion }: Results): string {
  const row = (kind: Kind, name: string, { requests }: SideResult): readonly string[] => {
    const { perSecond, p50, p99, cpuMs, generatorShare, failed } = requests[kind];
    return [
      LABELS[kind],
      name,
      String(Math.round(perSecond)),
      p50.toFixed(1),
      p99.toFixed(1),
      (cpuMs * 1000).toFixed(0),
      `${Math.round(generatorShare * 100)} %`,
      String(failed),
    ];
  };
  const kinds = Object.keys(LABELS) as Kind[];
  return markdownTable([
    ['request', 'server', 'per second', 'p50 ms', 'p99 ms', 'µs of CPU', 'load generator', 'failed'],
    ...kinds.flatMap((kind) => [
      row(kind, 'Workbench Controller', workbench),
      row(kind, `JupyterHub ${jupyterHubVersion}`, hub),
    ]),
  ]);
}

export function ratioTable({ workbench, hub }: Pick<Results, 'workbench' | 'hub'>): string {
  const kinds = Object.keys(LABELS) as Kind[];
  const rows = kinds.map((kind) => {
    const [ours, theirs] = [workbench.requests[kind], hub.requests[kind]];
    return [
      LABELS[kind],
      `${(ours.perSecond / theirs.perSecond).toFixed(1)} ×`,
      `1 / ${(theirs.cpuMs / ours.cpuMs).toFixed(1)}`,
    ];
  });
  return markdownTable([['against JupyterHub', 'requests per second', 'CPU of a request'], ...rows]);
}

export function memoryTable({ workbench, hub, jupyterHubVersion }: Results): string {
  const row = (name: string, { memory }: SideResult) => [
    name,
    ...[memory.resident, memory.peak].map((mib) => String(Math.round(mib))),
  ];
  return markdownTable([
    [`MiB, after polls and lists`, 'resident', 'peak'],
    row('Workbench Controller', workbench),
    row(`JupyterHub ${jupyterHubVersion}`, hub),
  ]);
}

export function targetTable(results: Pick<Results, 'workbench' | 'hub'>): string {
  const rows = compareWithTargets(results).map(({ name, measured, met }) => [
    name,
    measured,
    met ? 'met' : 'missed',
  ]);
  return markdownTable([['target', 'measured', ''], ...rows]);
}

/** The times are shares of the processor time without the profiler, which makes requests slower. */
export function profileTable({ profiles, workbench }: Pick<Results, 'profiles' | 'workbench'>): string {
  return profiles
    .map(([kind, profile]) => {
      const { cpuMs } = workbench.requests[kind];
      return markdownTable([
        [`${LABELS[kind]}: area of the code`, 'share', 'µs'],
        ...profile.map(([area, share]) => [
          area,
          `${(share * 100).toFixed(0)} %`,
          (share * cpuMs * 1000).toFixed(0),
        ]),
      ]);
    })
    .join('\n\n');
}

export function tables(results: Results): string {
  return [
    requestTable(results),
    ratioTable(results),
    memoryTable(results),
    targetTable(results),
    profileTable(results),
  ].join('\n\n');
}

export function page(results: Results): string {
  const { environment, options, loadBefore, jupyterHubVersion } = results;
  return [
    '# Beside JupyterHub',
    '',
    '<!-- Written by `npm run bench:beside-jupyterhub`. Do not edit. -->',
    '',
    `The local server and JupyterHub ${jupyterHubVersion} on one computer, with ${CONNECTIONS} concurrent requests. The servers are measured in`,
    `turns, ${options.rounds} rounds of ${options.seconds} s for each kind of request; the results are medians. The load generator is a third process on the`,
    'same cores; its share of one core is in the table.',
    '',
    `- A poll is \`GET /workbenches/{wid}\` there and \`GET /users/{name}\` at JupyterHub, which is what their clients poll.`,
    `- A list has ${STORED} workbenches or ${STORED} users.`,
    '- A create of a workbench also starts it: while creates are measured, the server starts and ends earlier workbenches. A create',
    '  at JupyterHub adds a user and starts nothing.',
    '- Both check a key in each request, and both keep their records in SQLite on a disk. JupyterHub has no proxy in front of it,',
    '  and logs warnings only.',
    '- The CPU of a request is the processor time of the server, without its child processes, for each response.',
    '',
    requestTable(results),
    '',
    ratioTable(results),
    '',
    memoryTable(results),
    '',
    '## Targets',
    '',
    targetTable(results),
    '',
    '## Where the time goes',
    '',
    'Shares from the profiler of Node.js, and the same shares of the CPU above. The time of a built-in function is added to its',
    'caller, and the time of a query to the adapter of SQLite.',
    '',
    profileTable(results),
    '',
    environmentTable(environment),
    '',
    `${loadLine(loadBefore, environment.cores)}`,
    '',
  ].join('\n');
}
