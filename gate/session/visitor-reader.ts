import type { IncomingHttpHeaders } from 'node:http';
import type { Timers } from '#adapters/local/timers.ts';
import { cutoffNamesOf } from '#core/gate/cutoffs.ts';
import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { SessionCutoffStore, SessionCutoffs } from '#core/ports/session-cutoff-store.ts';
import { readInTime } from '#gate/read-in-time.ts';
import { COOKIES, readCookieCandidates } from './cookies.ts';
import type { Sessions } from './sessions.ts';
import { VerifiedSessions } from './verified-sessions.ts';

/** How long the cutoffs of a user are used after their read began, milliseconds. */
export const CUTOFF_MAX_AGE_MS = 2_000;
/** How long a read of cutoffs may take, milliseconds. A slower one counts as failed. */
export const CUTOFF_READ_LIMIT_MS = 1_500;
/** The age of cutoffs at the end of a comparison, milliseconds: those of one name may have waited for the read of the other. */
const COMPARED_MAX_AGE_MS = CUTOFF_MAX_AGE_MS + CUTOFF_READ_LIMIT_MS;
/** Users whose cutoffs are cached; the one that was read first is dropped. */
const CUTOFF_CACHE_USERS = 10_000;

/** Returns the sender of a request. */
export interface VisitorSource {
  /**
   * @param request only its Cookie header is read
   * @param workbenchId the workbench whose host was asked; undefined on the sign-in host, and always in prefix mode
   * @throws PortError if the keys or the cutoffs cannot be read. The caller responds with 503: a session that may have been
   *   ended gives no access
   */
  read(request: { readonly headers: IncomingHttpHeaders }, workbenchId?: string): Promise<Visitor>;
  /**
   * Whether the session of a visitor still admits: it has not expired, and no cutoff ended it. For connections that stay open.
   * @throws PortError
   */
  isValid(visitor: Visitor): Promise<boolean>;
}

/** For local mode without sign-in. */
export const OPEN_VISITORS: VisitorSource = {
  read: async () => ({ kind: 'open' }),
  isValid: async () => true,
};

interface CachedCutoffs {
  readonly readAt: Moment;
  readonly cutoffs: Promise<SessionCutoffs>;
}

/** Reads sessions from cookies and compares them with the cutoffs of their users. */
export class VisitorReader implements VisitorSource {
  readonly #sessions: VerifiedSessions;
  readonly #store: Pick<SessionCutoffStore, 'read'>;
  readonly #timers: Timers;
  readonly #cache = new Map<string, CachedCutoffs>();

  constructor(sessions: Sessions, cutoffs: Pick<SessionCutoffStore, 'read'>, timers: Timers) {
    this.#sessions = new VerifiedSessions(sessions, timers);
    this.#store = cutoffs;
    this.#timers = timers;
  }

  async read({ headers }: { readonly headers: IncomingHttpHeaders }, workbenchId?: string): Promise<Visitor> {
    const name = workbenchId === undefined ? COOKIES.signIn : COOKIES.workbench;
    let found: UserVisitor | undefined;
    for (const sealed of readCookieCandidates(headers.cookie, name)) {
      const visitor = await this.#sessions.parse(sealed, workbenchId);
      if (visitor === undefined || !(await this.isValid(visitor))) continue;
      // A script of the host must not choose as whom the browser acts.
      if (found !== undefined && found.userId !== visitor.userId) return { kind: 'none' };
      found ??= visitor;
    }
    return found ?? { kind: 'none' };
  }

  async isValid(visitor: Visitor): Promise<boolean> {
    if (visitor.kind !== 'user') return visitor.kind === 'open';
    if (visitor.expiresAt <= this.#timers.now()) return false;
    const entries = cutoffNamesOf(visitor).map((name) => this.#findCutoffs(name));
    const cutoffs = await Promise.all(entries.map((entry) => entry.cutoffs));
    // A process that was suspended during a read continues with stale cutoffs.
    if (entries.some(({ readAt }) => ageOf(readAt, this.#timers) > COMPARED_MAX_AGE_MS))
      throw new PortError('unavailable', 'the cutoffs of a user took too long to read');
    return !cutoffs.some((ones) => isEnded(visitor, ones));
  }

  /** Drops the cached cutoffs of a user, after this process has raised one. */
  forget(userId: string): void {
    this.#cache.delete(userId);
  }

  #findCutoffs(userId: string): CachedCutoffs {
    const cached = this.#cache.get(userId);
    const usable = cached !== undefined && ageOf(cached.readAt, this.#timers) < CUTOFF_MAX_AGE_MS;
    return usable ? cached : this.#beginRead(userId);
  }

  #beginRead(userId: string): CachedCutoffs {
    const timers = this.#timers;
    const readAt = momentOf(timers);
    const cutoffs = readInTime(timers, CUTOFF_READ_LIMIT_MS, 'the cutoffs of a user', () =>
      this.#store.read(userId),
    );
    const entry = { readAt, cutoffs };
    this.#cache.delete(userId);
    this.#cache.set(userId, entry);
    // A failed read is repeated by the next request. The request that waits for it gets the error.
    entry.cutoffs.catch(() => {
      if (this.#cache.get(userId) === entry) this.#cache.delete(userId);
    });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CUTOFF_CACHE_USERS) break;
      this.#cache.delete(oldest);
    }
    return entry;
  }
}

function isEnded(
  { signedInAt, issuerSession }: UserVisitor,
  { all, byIssuerSession }: SessionCutoffs,
): boolean {
  if (all !== undefined && signedInAt <= all) return true;
  if (issuerSession === undefined || !Object.hasOwn(byIssuerSession, issuerSession)) return false;
  return signedInAt <= (byIssuerSession[issuerSession] ?? 0);
}
