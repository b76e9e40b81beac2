import type { Request } from 'autocannon';
import { callApi, waitUntilAllStopped } from '../api-client.ts';
import { type LoadResult, runLoad } from '../load.ts';
import { percentile } from '../percentiles.ts';
import { type ProcessMemory, readCpuMs, readMemory } from '../process-usage.ts';
import type { ServerProcess } from '../server-process.ts';
import type { Hub } from './hub-process.ts';

/** Workbenches here, users there: a full page of a list. */
export const STORED = 100;
export const CONNECTIONS = 8;

const KINDS = ['poll', 'list', 'create'] as const;
export type Kind = (typeof KINDS)[number];

/** A server with STORED entries, and the requests to it. */
export interface Side {
  readonly url: string;
  readonly pid: number;
  readonly requests: Readonly<Record<Kind, readonly Request[]>>;
}

export interface RequestResult extends LoadResult {
  /** Processor time of the server for one request, milliseconds. */
  readonly cpuMs: number;
  /** The share of one core that the load generator used. */
  readonly generatorShare: number;
}

export interface SideResult {
  readonly requests: Readonly<Record<Kind, RequestResult>>;
  /** After all polls and lists, before the creates. */
  readonly memory: ProcessMemory;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly rounds: number;
}

const KEY = 'the-static-key-of-the-benchmark';
const KEY_HEADERS = { authorization: `Bearer ${KEY}` };
const USER = 'bench';

/** The settings of the local server. Each workbench exits at once. Like JupyterHub, it checks a key in each request. */
export const SERVER_SETTINGS = {
  WB_BOOT_COMMAND: 'exit 0',
  RESTAPI_AUTH_STATIC_KEY: KEY,
};

/** Creates workbenches and waits until all have run and stopped. */
export async function fillServer({ url, pid }: Pick<ServerProcess, 'url' | 'pid'>): Promise<Side> {
  const list = `/workbenches?user_id=${USER}`;
  for (let index = 0; index < STORED; index += 1) {
    const name = { workbench_name: `stored ${index}` };
    const { status } = await callApi('POST', `${url}${list}`, name, KEY_HEADERS);
    if (status !== 201) throw new Error(`create returned ${status}`);
  }
  const stored = await waitUntilAllStopped(url, USER, 120_000, KEY_HEADERS);
  const headers = { ...KEY_HEADERS, 'content-type': 'application/json' };
  const body = JSON.stringify({ workbench_name: 'created' });
  return {
    url,
    pid,
    requests: {
      poll: stored.map(({ workbench_id: id }) => ({
        path: `/workbenches/${id}?user_id=${USER}`,
        headers: KEY_HEADERS,
      })),
      list: [{ path: list, headers: KEY_HEADERS }],
      create: [{ method: 'POST', path: `/workbenches?user_id=creator`, headers, body }],
    },
  };
}

/** Creates users. */
export async function fillHub({ url, pid, headers }: Hub): Promise<Side> {
  const path = (name: string) => `/hub/api/users/${name}`;
  const names = Array.from({ length: STORED }, (_, index) => `stored${index}`);
  for (const name of names) {
    const { status } = await callApi('POST', `${url}${path(name)}`, undefined, headers);
    if (status !== 201) throw new Error(`JupyterHub returned ${status} for a new user`);
  }
  let created = 0;
  const setupRequest = (request: Request) => {
    created += 1;
    return { ...request, path: path(`created${created}`) };
  };
  return {
    url,
    pid,
    requests: {
      poll: names.map((name) => ({ path: path(name), headers })),
      list: [{ path: `/hub/api/users?limit=${STORED}`, headers }],
      create: [{ method: 'POST', path: path('created0'), headers, setupRequest }],
    },
  };
}

/**
 * Measures the servers in turns, so that other load on the computer affects all of them. The result of a request is the
 * median of its rounds.
 */
export async function measureSides<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { seconds, rounds }: MeasureOptions,
): Promise<Readonly<Record<Name, SideResult>>> {
  const names = Object.keys(sides) as Name[];
  const results = new Map(names.map((name) => [name, new Map<Kind, RequestResult>()]));
  const memories = new Map<Name, ProcessMemory>();
  for (const kind of KINDS) {
    // Creates add to what is stored.
    if (kind === 'create') for (const name of names) memories.set(name, readMemory(sides[name].pid));
    const runs = new Map<Name, RequestResult[]>(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) runs.get(name)?.push(await measureRequests(sides[name], kind, seconds));
    }
    for (const name of names) results.get(name)?.set(kind, medianOf(runs.get(name) ?? []));
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      { requests: Object.fromEntries(results.get(name) ?? []), memory: memories.get(name) },
    ]),
  ) as Record<Name, SideResult>;
}

async function measureRequests(side: Side, kind: Kind, seconds: number): Promise<RequestResult> {
  const load = { name: kind, requests: side.requests[kind] };
  await runLoad(side.url, load, { seconds: 1, connections: CONNECTIONS });
  const generatorBefore = process.cpuUsage();
  const before = readCpuMs(side.pid);
  const start = performance.now();
  const result = await runLoad(side.url, load, { seconds, connections: CONNECTIONS });
  const cpuMs = (readCpuMs(side.pid) - before) / result.responses;
  const { user, system } = process.cpuUsage(generatorBefore);
  return { ...result, cpuMs, generatorShare: (user + system) / 1000 / (performance.now() - start) };
}

function medianOf(runs: readonly RequestResult[]): RequestResult {
  const [first] = runs;
  if (first === undefined) throw new Error('nothing was measured');
  const median = (select: (run: RequestResult) => number) => percentile(runs.map(select), 0.5);
  const sum = (select: (run: RequestResult) => number) => runs.reduce((total, run) => total + select(run), 0);
  return {
    name: first.name,
    perSecond: median((run) => run.perSecond),
    p50: median((run) => run.p50),
    p99: median((run) => run.p99),
    responses: sum((run) => run.responses),
    failed: sum((run) => run.failed),
    cpuMs: median((run) => run.cpuMs),
    generatorShare: median((run) => run.generatorShare),
  };
}
