import { type Environment, loadLine } from '../environment.ts';
import { environmentTable, markdownTable } from '../markdown.ts';
import type { Contender } from './contender.ts';
import { CONNECTIONS, type Measured, type MeasureOptions } from './measure.ts';

/** The contenders that targets name. */
export const ROLES = ['gate', 'open_gate', 'httpxy', 'configurable_http_proxy', 'traefik', 'nginx'] as const;
export type Role = (typeof ROLES)[number];

export interface Results {
  readonly environment: Environment;
  /** The 1-minute average of runnable processes before the measurement. */
  readonly loadBefore: number;
  readonly options: MeasureOptions;
  readonly measured: ReadonlyMap<Contender, Measured>;
  readonly roles: ReadonlyMap<Role, Contender>;
  /** The contenders that are not measured, each with the reason. */
  readonly missing: readonly { readonly name: string; readonly missing: string }[];
}

export interface Target {
  readonly name: string;
  readonly measured: string;
  /** Absent if it was not measured. */
  readonly met?: boolean;
}

/** The most processor time that the gate may use for a request, as a multiple of that of httpxy. */
const HTTPXY_FACTOR_MAX = 1.3;

/** Compares the processor time of the gate with sessions with the targets. */
export function compareWithTargets({
  measured,
  roles,
}: Pick<Results, 'measured' | 'roles'>): readonly Target[] {
  const cpuOf = (role: Role) => {
    const contender = roles.get(role);
    return contender === undefined ? undefined : measured.get(contender)?.cpuOfRequest;
  };
  const atMost = (name: string, other: Role, factor: number): Target => {
    const [ours, theirs] = [cpuOf('gate'), cpuOf(other)];
    if (ours === undefined || theirs === undefined) return { name, measured: 'not measured' };
    return { name, measured: `${(ours / theirs).toFixed(2)} ×`, met: ours <= factor * theirs };
  };
  return [
    atMost(
      `at most ${HTTPXY_FACTOR_MAX} × the CPU of httpxy, which checks nothing`,
      'httpxy',
      HTTPXY_FACTOR_MAX,
    ),
    atMost('less CPU than configurable-http-proxy, which checks nothing', 'configurable_http_proxy', 1),
    atMost('less CPU than Traefik with forwardAuth', 'traefik', 1),
  ];
}

export function requestTable({ measured, missing }: Pick<Results, 'measured' | 'missing'>): string {
  return markdownTable([
    ['', 'requests per second', 'p50 ms', 'p99 ms', 'µs of CPU', 'failed'],
    ...[...measured.values()].map(({ requests, cpuOfRequest }) => [
      requests.name,
      String(Math.round(requests.perSecond)),
      requests.p50.toFixed(1),
      requests.p99.toFixed(1),
      cpuOfRequest === 0 ? '' : cpuOfRequest.toFixed(0),
      String(requests.failed),
    ]),
    ...missing.map(({ name, missing: why }) => [name, `not measured: ${why}`, '', '', '', '']),
  ]);
}

export function streamTable({ measured, options }: Pick<Results, 'measured' | 'options'>): string {
  const { sockets, downloadBytes } = options;
  const proxies = [...measured].filter(([{ pids }]) => pids().length > 0);
  return markdownTable([
    [
      '',
      'KiB per WebSocket',
      'µs of CPU per message',
      'CPU-s per GB',
      'MiB at the start',
      `with ${sockets} WebSockets`,
      'without them again',
      'after the requests',
      `after ${downloadBytes / 2 ** 20} MiB`,
    ],
    ...proxies.map(([{ name }, { kibOfSocket, cpuOfMessage, cpuOfGigabyte, memory }]) => [
      name,
      kibOfSocket.toFixed(0),
      cpuOfMessage.toFixed(0),
      cpuOfGigabyte.toFixed(1),
      ...[
        memory.started,
        memory.socketsOpen,
        memory.socketsClosed,
        memory.afterRequests,
        memory.afterDownload,
      ].map((mib) => mib.toFixed(0)),
    ]),
  ]);
}

export function targetTable(results: Pick<Results, 'measured' | 'roles'>): string {
  const rows = compareWithTargets(results).map(({ name, measured, met }) => [
    name,
    measured,
    met === undefined ? '' : met ? 'met' : 'missed',
  ]);
  return markdownTable([['CPU of a request through the gate with sessions', 'measured', ''], ...rows]);
}

export function tables(results: Results): string {
  return [requestTable(results), streamTable(results), targetTable(results)].join('\n\n');
}

export function page(results: Results): string {
  const { environment, loadBefore, options } = results;
  return [
    '# The gate beside other proxies',
    '',
    '<!-- Written by `npm run bench:gate`. Do not edit. -->',
    '',
    `Requests for 1 KiB over ${CONNECTIONS} connections, with the headers of a browser. The proxies are measured in turns, ${options.rounds} rounds of`,
    `${options.requests} requests each; the results are medians. The load generator and the backend are processes on the same cores.`,
    '',
    '- `gate, sessions` is the process of local mode: it verifies the cookie of a session, reads the record of the workbench and the',
    '  cutoffs of the user, and decides about each request. `gate, open` has no sign-in. The others check nothing where their name',
    '  does not say it.',
    '- CPU is the processor time of the processes of the proxy, with those that decide, for each response.',
    '',
    requestTable(results),
    '',
    '## WebSockets, downloads and memory',
    '',
    'A message has 64 bytes and comes back: the proxy forwards it twice. Memory is the resident set.',
    '',
    streamTable(results),
    '',
    '## Targets',
    '',
    targetTable(results),
    '',
    environmentTable(environment),
    '',
    loadLine(loadBefore, environment.cores),
    '',
  ].join('\n');
}
