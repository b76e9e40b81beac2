import autocannon, { type Request } from 'autocannon';
import { percentile } from './percentiles.ts';

export interface Load {
  readonly name: string;
  readonly requests: readonly Request[];
}

export interface LoadResult {
  readonly name: string;
  readonly perSecond: number;
  /** Milliseconds from sending a request to the end of its response. */
  readonly p50: number;
  readonly p99: number;
  readonly responses: number;
  /** Responses outside 2xx, and requests without a response. */
  readonly failed: number;
}

/** How much is sent: for so many seconds, or so many requests. */
export type LoadOptions = ({ readonly seconds: number } | { readonly amount: number }) & {
  /** Concurrent requests. @default CONNECTIONS */
  readonly connections?: number;
};

/** On a busy computer the slowest of the servers takes seconds for a request. */
const TIMEOUT_S = 60;

/** Concurrent requests. */
export const CONNECTIONS = 10;

/** Sends requests for the given seconds, after a warm-up that is not measured. */
export async function measureLoad(url: string, load: Load, seconds: number): Promise<LoadResult> {
  await runLoad(url, load, { seconds: Math.max(Math.round(seconds / 4), 1) });
  return await runLoad(url, load, { seconds });
}

/** Sends requests. */
export async function runLoad(
  url: string,
  { name, requests }: Load,
  { connections = CONNECTIONS, ...size }: LoadOptions,
): Promise<LoadResult> {
  const durations: number[] = [];
  let refused = 0;
  const limit = 'amount' in size ? size : { duration: size.seconds };
  const startedAt = performance.now();
  // autocannon notices the end of a given amount only at its next second.
  let lastAt = startedAt;
  const running = autocannon({ url, connections, ...limit, timeout: TIMEOUT_S, requests });
  running.on('response', (_client, status: number, _bytes: number, ms: number) => {
    durations.push(ms);
    lastAt = performance.now();
    if (status < 200 || status > 299) refused += 1;
  });
  const { errors } = await running;
  return {
    name,
    perSecond: durations.length === 0 ? 0 : (durations.length * 1000) / (lastAt - startedAt),
    p50: percentile(durations, 0.5),
    p99: percentile(durations, 0.99),
    responses: durations.length,
    failed: refused + errors,
  };
}
