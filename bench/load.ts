import autocannon, { type Request } from 'autocannon';
import { percentile } from './percentiles.ts';

export interface Load {
  readonly what: string;
  readonly requests: readonly Request[];
}

export interface LoadResult {
  readonly what: string;
  readonly perSecond: number;
  /** Milliseconds from sending a request to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  /** Answers outside 2xx, and requests without an answer. */
  readonly failed: number;
}

/** Requests under way at once. */
export const CONNECTIONS = 10;

/** Sends requests for so many seconds, after a warm-up that does not count. */
export async function measureLoad(url: string, load: Load, seconds: number): Promise<LoadResult> {
  await runLoad(url, load, Math.max(Math.round(seconds / 4), 1));
  return await runLoad(url, load, seconds);
}

async function runLoad(url: string, { what, requests }: Load, duration: number): Promise<LoadResult> {
  const took: number[] = [];
  let refused = 0;
  const running = autocannon({ url, connections: CONNECTIONS, duration, requests });
  running.on('response', (_client, status: number, _bytes: number, ms: number) => {
    took.push(ms);
    if (status < 200 || status > 299) refused += 1;
  });
  const { duration: lasted, errors } = await running;
  return {
    what,
    perSecond: took.length / lasted,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    answers: took.length,
    failed: refused + errors,
  };
}
