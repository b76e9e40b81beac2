import { pause, type Timers } from '../timers.ts';
import { type NotReady, probeHttp, type Seen } from './http-probe.ts';

/** Timeout of the first attempts. After each timeout the next attempt may take longer, up to the maximum. Milliseconds. */
const ATTEMPT_TIMEOUT_MS = 2000;
const ATTEMPT_TIMEOUT_MAX_MS = 30_000;
const ATTEMPT_TIMEOUT_GROWTH = 1.5;
/** Bounds of the growing delay between attempts, milliseconds. */
const DELAY_MIN_MS = 50;
const DELAY_MAX_MS = 1000;
/** What was seen is reported first after this time, and at most once in this time, milliseconds. Most starts are shorter. */
const REPORT_INTERVAL_MS = 5000;

export interface ReadinessOptions {
  /** Where the program may listen. An endpoint is tried if nothing listens at those before it. */
  readonly endpoints: readonly string[];
  readonly timers: Timers;
  readonly signal: AbortSignal;
  /** Receives the result of the last attempt. */
  readonly report: (seen: NotReady) => Promise<void>;
}

/** Sends requests until one of the endpoints responds, and returns it. Returns undefined when the signal aborts before. */
export async function waitUntilReady(options: ReadinessOptions): Promise<string | undefined> {
  const { endpoints, timers, signal } = options;
  const done = new AbortController();
  let last: NotReady | undefined;
  const reporting = reportRegularly(options, AbortSignal.any([signal, done.signal]), () => last);
  try {
    let timeoutMs = ATTEMPT_TIMEOUT_MS;
    for (let delayMs = DELAY_MIN_MS; !signal.aborted; delayMs = Math.min(delayMs * 1.3, DELAY_MAX_MS)) {
      const { endpoint, seen } = await probeInTurn(endpoints, timeoutMs, timers, signal);
      if (signal.aborted) break;
      if (seen.kind === 'ready') return endpoint;
      last = seen;
      if (seen.kind === 'timeout') {
        // A program that prepares its first page for longer than the timeout would otherwise never be ready.
        timeoutMs = Math.min(timeoutMs * ATTEMPT_TIMEOUT_GROWTH, ATTEMPT_TIMEOUT_MAX_MS);
      }
      await pause(timers, delayMs, signal);
    }
    return undefined;
  } finally {
    done.abort();
    // The caller changes the record next. A late report must not follow that change.
    await reporting;
  }
}

async function probeInTurn(
  endpoints: readonly string[],
  timeoutMs: number,
  timers: Timers,
  signal: AbortSignal,
): Promise<{ endpoint?: string; seen: Seen }> {
  for (const endpoint of endpoints) {
    const seen = await probeHttp(endpoint, timeoutMs, timers, signal);
    if (seen.kind !== 'refused' || signal.aborted) return { endpoint, seen };
  }
  return { seen: { kind: 'refused' } };
}

async function reportRegularly(
  { timers, report }: ReadinessOptions,
  signal: AbortSignal,
  lastSeen: () => NotReady | undefined,
): Promise<void> {
  for (;;) {
    await pause(timers, REPORT_INTERVAL_MS, signal);
    if (signal.aborted) return;
    const seen = lastSeen();
    if (seen !== undefined) await report(seen);
  }
}

/** Describes what was seen for the user. @param port where the program should listen, for example `port 8080` */
export function describeNotReady(seen: NotReady, port: string): string {
  switch (seen.kind) {
    case 'refused':
      return `nothing listens on ${port}`;
    case 'reset':
      return `it closes connections to ${port} without a response`;
    case 'timeout':
      return `its first page takes longer than ${Number((seen.afterMs / 1000).toFixed(1))} s`;
    case 'tls':
      return `it responds with TLS on ${port}, which must be plain HTTP`;
    case 'status':
      return `it responds with status ${seen.status} on ${port}`;
    case 'not_http':
      return `its response on ${port} is not HTTP`;
  }
}
