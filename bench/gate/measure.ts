import { once } from 'node:events';
import { get } from 'node:http';
import { type LoadResult, runLoad } from '../load.ts';
import { percentile } from '../percentiles.ts';
import { readCpuMs, readMemory } from '../process-usage.ts';
import type { Contender, RequestHeaders } from './contender.ts';
import { openSockets } from './websockets.ts';

export const CONNECTIONS = 32;

export interface MeasureOptions {
  readonly rounds: number;
  /** Requests through each contender in each round. */
  readonly requests: number;
  /** Requests through each contender before: V8 compiles what runs often. */
  readonly warmUp: number;
  readonly sockets: number;
  readonly downloadBytes: number;
}

export interface Measured {
  /** The medians of the rounds; `responses` and `failed` are sums. */
  readonly requests: LoadResult;
  /** Processor time of the proxy, microseconds. */
  readonly cpuOfRequest: number;
  /** That of the round with the least. Other load on the computer only adds to it. */
  readonly leastCpuOfRequest: number;
  readonly cpuOfMessage: number;
  /** Seconds for 10⁹ bytes. */
  readonly cpuOfGigabyte: number;
  /** Resident memory, MiB, in the order of the measurements. */
  readonly memory: {
    readonly started: number;
    readonly socketsOpen: number;
    readonly socketsClosed: number;
    readonly afterRequests: number;
    readonly afterDownload: number;
  };
  /** 1,024 bytes. */
  readonly kibOfSocket: number;
}

interface Round extends LoadResult {
  /** Processor time of a request, microseconds. */
  readonly cpu: number;
}

/** What every browser sends, in addition to the headers of the contender. */
const BROWSER_HEADERS = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  accept: '*/*',
  'accept-language': 'en-GB,en;q=0.9',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
};

/**
 * Measures the contenders in turns, so that other load on the computer affects all of them. They must just have started: the
 * memory of a WebSocket would otherwise be that which requests have left.
 * @param report is called with what is measured next
 */
export async function measureContenders(
  contenders: readonly Contender[],
  options: MeasureOptions,
  report: (text: string) => void,
): Promise<ReadonlyMap<Contender, Measured>> {
  const sockets = new Map<Contender, SocketResult>();
  for (const contender of contenders) {
    report(`WebSockets: ${contender.name} …`);
    sockets.set(contender, await measureSockets(contender, options));
  }
  report('Warming up …');
  for (const contender of contenders) await sendRequests(contender, options.warmUp);
  const rounds = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    report(`Requests, round ${round} of ${options.rounds} …`);
    for (const contender of contenders) rounds.get(contender)?.push(await measureRound(contender, options));
  }
  const measured = new Map<Contender, Measured>();
  for (const contender of contenders) {
    report(`Download: ${contender.name} …`);
    const { memory, ...ofSockets } = sockets.get(contender) as SocketResult;
    const { memory: atDownload, ...ofDownload } = await measureDownload(contender, options);
    measured.set(contender, {
      ...summarize(rounds.get(contender) ?? []),
      ...ofSockets,
      ...ofDownload,
      memory: { ...memory, ...atDownload },
    });
  }
  return measured;
}

async function measureRound(contender: Contender, { requests }: MeasureOptions): Promise<Round> {
  const before = cpuOf(contender);
  const result = await sendRequests(contender, requests);
  return { ...result, cpu: ((cpuOf(contender) - before) * 1000) / result.responses };
}

function summarize(
  rounds: readonly Round[],
): Pick<Measured, 'requests' | 'cpuOfRequest' | 'leastCpuOfRequest'> {
  const median = (select: (round: Round) => number) => percentile(rounds.map(select), 0.5);
  const sum = (select: (round: Round) => number) => rounds.reduce((total, round) => total + select(round), 0);
  return {
    requests: {
      name: rounds[0]?.name ?? '',
      perSecond: median((round) => round.perSecond),
      p50: median((round) => round.p50),
      p99: median((round) => round.p99),
      responses: sum((round) => round.responses),
      failed: sum((round) => round.failed),
    },
    cpuOfRequest: median((round) => round.cpu),
    leastCpuOfRequest: Math.min(...rounds.map((round) => round.cpu)),
  };
}

function headersOf(visitor: RequestHeaders): RequestHeaders {
  return { ...BROWSER_HEADERS, ...visitor };
}

function sendRequests(contender: Contender, amount: number): Promise<LoadResult> {
  const requests = [{ path: '/static/file.js?v=1', headers: headersOf(contender.visitors[0]) }];
  const url = `http://127.0.0.1:${contender.port}`;
  return runLoad(url, { name: contender.name, requests }, { amount, connections: CONNECTIONS });
}

type SocketResult = Pick<Measured, 'cpuOfMessage' | 'kibOfSocket'> & {
  readonly memory: Pick<Measured['memory'], 'started' | 'socketsOpen' | 'socketsClosed'>;
};

async function measureSockets(
  contender: Contender,
  { rounds, sockets: count }: MeasureOptions,
): Promise<SocketResult> {
  const visitors = contender.visitors.map((visitor) => hostFirst(headersOf(visitor)));
  // The first ones load and compile code.
  const first = await openSockets(contender.port, visitors, Math.ceil(count / 20));
  for (let round = 0; round < rounds; round += 1) await first.exchange();
  await first.close();
  const started = memoryOf(contender);
  const sockets = await openSockets(contender.port, visitors, count);
  await sockets.exchange();
  const socketsOpen = memoryOf(contender);
  const cpuOfMessages: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuOf(contender);
    await sockets.exchange();
    await sockets.exchange();
    cpuOfMessages.push(((cpuOf(contender) - before) * 1000) / (2 * count));
  }
  await sockets.close();
  return {
    cpuOfMessage: percentile(cpuOfMessages, 0.5),
    kibOfSocket: ((socketsOpen - started) * 1024) / count,
    memory: { started, socketsOpen, socketsClosed: memoryOf(contender) },
  };
}

async function measureDownload(
  contender: Contender,
  { downloadBytes }: MeasureOptions,
): Promise<
  Pick<Measured, 'cpuOfGigabyte'> & {
    readonly memory: Pick<Measured['memory'], 'afterRequests' | 'afterDownload'>;
  }
> {
  const afterRequests = memoryOf(contender);
  const before = cpuOf(contender);
  await download(contender, downloadBytes);
  const cpuOfGigabyte = ((cpuOf(contender) - before) / 1000) * (1e9 / downloadBytes);
  return { cpuOfGigabyte, memory: { afterRequests, afterDownload: memoryOf(contender) } };
}

/** A request without a Host header is invalid. */
function hostFirst(headers: RequestHeaders): RequestHeaders {
  return { host: 'localhost', ...headers };
}

async function download(contender: Contender, bytes: number): Promise<void> {
  const request = get({
    host: '127.0.0.1',
    port: contender.port,
    path: `/download?bytes=${bytes}`,
    headers: headersOf(contender.visitors[0]),
    agent: false,
  });
  const [response] = await once(request, 'response');
  let received = 0;
  for await (const chunk of response) received += chunk.length;
  if (received !== bytes) throw new Error(`${contender.name} sent ${received} of ${bytes} bytes`);
}

/** Milliseconds of all its processes. */
function cpuOf({ pids }: Contender): number {
  return pids().reduce((sum, pid) => sum + readCpuMs(pid), 0);
}

/** MiB of all its processes. */
function memoryOf({ pids }: Contender): number {
  return pids().reduce((sum, pid) => sum + readMemory(pid).resident, 0);
}
