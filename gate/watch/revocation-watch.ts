import type { Timers } from '#adapters/local/timers.ts';
import {
  type EndReason,
  type FoundRecord,
  type FoundShares,
  recheckRequest,
} from '#core/gate/decide-request.ts';
import { needsShares } from '#core/gate/visitor.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { OpenRequest, OpenRequestObserver, OpenRequests } from '../open-requests.ts';
import { SessionUse } from '../session/sessions.ts';
import type { VisitorSource } from '../session/visitor-reader.ts';
import { endConnection } from './drain.ts';

export interface RevocationWatchOptions {
  readonly openRequests: OpenRequests;
  /** Records that are at most a second old. */
  readonly records: { find(workbenchId: string): Promise<Workbench | undefined> };
  /** Shares that are at most a second old. */
  readonly shares: { find(workbenchId: string): Promise<readonly Share[]> };
  readonly visitors: Pick<VisitorSource, 'isValid'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * The interval of the checks, milliseconds. A record or a share may be a second old when a check begins, and the cutoffs of a
 * session two seconds; shares are read after the record. So a connection ends within five seconds of the loss of its right if
 * each read takes at most a second.
 */
export const CHECK_INTERVAL_MS = 1_500;

/**
 * A connection ends after it could not be checked for this long, milliseconds. New requests are refused at once; but an
 * outage of the table for some seconds must not end the work of everybody.
 */
export const DOUBT_MAX_MS = 30_000;

/** Workbenches that are checked at the same time. */
const CHECKS_AT_ONCE = 32;

/**
 * Ends WebSockets and long responses whose visitor has lost the right to them: by sign-out, by the end of the session, because
 * the workbench stops, restarts or is deleted, or because the visitor may no longer open it: a share was taken back or has
 * expired. The session of a sign-in host
 * lasts while it is used, as its renewed cookies do.
 */
export class RevocationWatch implements OpenRequestObserver {
  readonly #options: RevocationWatchOptions;
  readonly #sessionUse = new SessionUse();
  readonly #waiting = new Map<string, readonly OpenRequest[]>();
  readonly #checking = new Set<string>();
  /** When a connection could first not be checked, on the monotonic clock. */
  readonly #doubtSince = new WeakMap<OpenRequest, number>();
  #cancel: (() => void) | undefined;
  /** Whether the last read failed. */
  #isFailing = false;

  constructor(options: RevocationWatchOptions) {
    this.#options = options;
    options.openRequests.observe(this);
  }

  noteRequest({ visitor }: OpenRequest): void {
    this.#sessionUse.note(visitor, this.#options.timers.now());
  }

  noteClientData({ visitor }: OpenRequest): void {
    this.#sessionUse.note(visitor, this.#options.timers.now());
  }

  start(): void {
    this.#cancel = this.#options.timers.after(CHECK_INTERVAL_MS, () => {
      this.start();
      this.#checkAll();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #checkAll(): void {
    // Also what was opened a moment ago: its decision may have used cutoffs that were two seconds old.
    const open = this.#options.openRequests.list();
    const byWorkbench = Map.groupBy(open, ({ forwarded }) => forwarded.workbenchId);
    // A workbench that still waits from the last check keeps its place.
    for (const [workbenchId, opened] of byWorkbench) this.#waiting.set(workbenchId, opened);
    this.#checkNext();
  }

  #checkNext(): void {
    for (const [workbenchId, opened] of this.#waiting) {
      if (this.#checking.size >= CHECKS_AT_ONCE) return;
      if (this.#checking.has(workbenchId)) continue;
      this.#waiting.delete(workbenchId);
      this.#checking.add(workbenchId);
      void this.#check(workbenchId, opened).finally(() => {
        this.#checking.delete(workbenchId);
        this.#checkNext();
      });
    }
  }

  async #check(workbenchId: string, opened: readonly OpenRequest[]): Promise<void> {
    const finding = this.#find(workbenchId);
    // Once for all connections, and only if one of them depends on it.
    let givenShares: Promise<FoundShares> | undefined;
    const findShares = () => (givenShares ??= this.#findShares(workbenchId));
    await Promise.all(
      opened.map(async (one) => {
        const visitor = this.#sessionUse.extend(one.visitor);
        const session = await this.#isValid({ ...one, visitor });
        // The record makes no difference without a session, and its read may be slow.
        const found = session === false ? 'unreadable' : await finding;
        const isKnown = found !== 'unreadable';
        const shares = isKnown && needsShares(visitor, found) ? await findShares() : [];
        const { timers } = this.#options;
        const result = recheckRequest({ ...one, visitor }, session, found, timers.now(), shares);
        if (result === 'allowed') this.#doubtSince.delete(one);
        else this.#end(one, result);
      }),
    );
  }

  #end(opened: OpenRequest, result: EndReason | 'doubt'): void {
    const { openRequests, timers, telemetry } = this.#options;
    if (!openRequests.has(opened)) return;
    const elapsed = timers.elapsed();
    const since = this.#doubtSince.get(opened) ?? elapsed;
    this.#doubtSince.set(opened, since);
    if (result !== 'doubt') endConnection(opened, result, telemetry);
    else if (elapsed - since >= DOUBT_MAX_MS) endConnection(opened, 'unreadable', telemetry);
  }

  async #find(workbenchId: string): Promise<FoundRecord> {
    try {
      const found = await this.#options.records.find(workbenchId);
      this.#isFailing = false;
      return found;
    } catch (error) {
      this.#report(workbenchId, error);
      return 'unreadable';
    }
  }

  async #findShares(workbenchId: string): Promise<FoundShares> {
    try {
      return await this.#options.shares.find(workbenchId);
    } catch (error) {
      this.#report(workbenchId, error);
      return 'unreadable';
    }
  }

  async #isValid({ visitor, forwarded: { workbenchId } }: OpenRequest): Promise<boolean | 'unreadable'> {
    try {
      return await this.#options.visitors.isValid(visitor);
    } catch (error) {
      this.#report(workbenchId, error);
      return 'unreadable';
    }
  }

  /** One line for an outage, during which every check fails for every workbench. */
  #report(workbenchId: string, error: unknown): void {
    const { telemetry } = this.#options;
    if (!this.#isFailing) telemetry.error('an open connection could not be checked', { workbenchId }, error);
    this.#isFailing = true;
  }
}
