import type { GateRequest } from './decide-request.ts';
import type { Visitor } from './visitor.ts';

/** The last evidence is written at most this often for each workbench, milliseconds. */
export const ACTIVITY_WRITE_INTERVAL_MS = 60_000;

/** A request that was sent in each of this many minutes before is the request of a poller. */
const POLLER_MINUTES = 3;
/**
 * Minutes without a request after which it is no longer that of a poller. JupyterLab asks for its kernelspecs every 61 s, and so
 * leaves out a minute in each hour. It saves a file that is being edited every two minutes: requests that change something must not be missing
 * in any minute.
 */
const GAP_MINUTES = { read: 2, change: 1 };
const READS = new Set(['GET', 'HEAD']);

/** Requests that are stored separately for each workbench; the one that was sent first is dropped. */
const REQUESTS_MAX = 500;
/** Longer paths are compared by their beginning. */
const PATH_MAX = 256;

const MINUTE_MS = 60_000;

/** Paths that programs ask for to learn whether a workbench is well. Jupyter has the second. */
const STATUS_PATHS = new Set(['/healthz', '/api/status']);

/**
 * Whether a person may have caused a request, as far as the request itself says. Without sign-in, a request without the
 * headers of a browser is that of a program: a frontend that waits for the workbench, or a monitor.
 */
export function isFromBrowser(
  { secFetchSite, origins }: Pick<GateRequest, 'secFetchSite' | 'origins'>,
  visitor: Visitor,
): boolean {
  if (visitor.kind === 'user') return true;
  return visitor.kind === 'open' && (secFetchSite !== undefined || origins.length > 0);
}

/** The minutes, without a longer gap, in which a request was sent. */
interface Series {
  /** The last minute, counted from the beginning of the clock. */
  readonly last: number;
  /** The minutes before it. */
  readonly before: number;
  /** How many minutes may pass until the next one. */
  readonly gap: number;
}

/**
 * The requests to one workbench, to distinguish a person from the pollers of a page that is open and unused: those repeat
 * the same request in every minute or two.
 */
export class RequestPattern {
  readonly #series = new Map<string, Series>();
  #minute = 0;

  /**
   * Notes a request. Returns whether a person may have sent it.
   * @param target path and query; the query is not compared, because pollers put times and random numbers there
   * @param elapsed milliseconds of a monotonic clock
   */
  note(method: string, target: string, elapsed: number): boolean {
    const path = target.split(/[?#]/, 1)[0] ?? '';
    if (STATUS_PATHS.has(path)) return false;
    this.forgetOld(elapsed);
    const minute = this.#minute;
    const key = `${method} ${path.slice(0, PATH_MAX)}`;
    const known = this.#series.get(key);
    const before = known === undefined ? 0 : known.last === minute ? known.before : known.before + 1;
    this.#series.delete(key);
    this.#series.set(key, {
      last: minute,
      before,
      gap: READS.has(method) ? GAP_MINUTES.read : GAP_MINUTES.change,
    });
    for (const oldest of this.#series.keys()) {
      if (this.#series.size <= REQUESTS_MAX) break;
      this.#series.delete(oldest);
    }
    return before < POLLER_MINUTES;
  }

  /** Forgets the requests that were not sent in the last minutes. Returns whether any is left. */
  forgetOld(elapsed: number): boolean {
    const minute = Math.floor(elapsed / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      for (const [key, { last, gap }] of this.#series) if (last < minute - gap) this.#series.delete(key);
    }
    return this.#series.size > 0;
  }
}
