import type { Grantee } from '#core/access/grantee.ts';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { RuleViolation } from '../schedule/rule-violation.ts';
import type { Sent } from './exchange.ts';
import { KnownShares } from './known-shares.ts';

/** A right that was lost is used for at most this long, milliseconds. */
const LOST_RIGHT_MAX_MS = 5000;

/** How far the clock of a gate may be behind the actual time, milliseconds. */
export const GATE_CLOCK_BEHIND_MAX_MS = 1000;

/** A request is forwarded by a record whose read began this long before at most, milliseconds. A gate in doubt refuses. */
const RECORD_AGE_MAX_MS = 5000;

/** What a gate has read may be this old when it uses it, milliseconds. A read that failed before then has no effect. */
const READ_AGE_MAX_MS = 6000;

/** A visitor is let in this long after the workbench became able to be opened, milliseconds: a record may be a second old. */
const LET_IN_WITHIN_MS = 2000;

/** The session that a gate has begun, and what is true of it. */
export interface SimulatedSession {
  readonly userId: string;
  readonly admin: boolean;
  /** The names of the groups of the user. */
  readonly groups?: readonly string[];
  readonly workbenchId: string;
  readonly issuerSession: string;
  readonly signedInAt: number;
  readonly expiresAt: number;
  /** The Cookie header. */
  readonly cookie: string;
}

/** The run to which a gate forwards. */
export interface ForwardedRun {
  readonly workbenchId: string;
  readonly runId: string;
  readonly endpoint: string;
}

interface NamedRun {
  readonly runId: string;
  readonly endpoint: string;
  readonly from: number;
  until?: number;
}

interface KnownWorkbench {
  userId: string;
  /** When this user became the owner in place of another. */
  ownedSince: number;
  readonly runs: NamedRun[];
}

interface Cutoff {
  readonly userId: string;
  readonly at: number;
  readonly issuerSession: string | undefined;
  readonly since: number;
}

/** An open WebSocket. */
export interface OpenConnection {
  readonly sent: Sent;
  readonly run: ForwardedRun;
  readonly gate: ReadTroubles;
}

/** When reads of a gate failed or were late. */
export interface ReadTroubles {
  readonly name: string;
  /** The end of the last such read. */
  readonly troubledUntil: number;
}

/** When a gate has read the record of a workbench. */
export interface RecordReads {
  readonly name: string;
  recordReadAt(workbenchId: string): number;
}

/**
 * The rules of the gate, which must hold at all times. They compare what a gate does with the records as written, the
 * sessions as ended, and the tasks of the world, never with what the gate has read.
 */
export class GateChecks {
  readonly #now: () => number;
  readonly #workbenches = new Map<string, KnownWorkbench>();
  readonly #cutoffs: Cutoff[] = [];
  readonly #shares: KnownShares;
  readonly #usedTickets = new Set<string>();
  /** The open WebSockets, each with what is known of the loss of its right. */
  readonly #open = new Map<OpenConnection, Loss | undefined>();
  /** Whether a right may have been lost since the losses were found. */
  #mayHaveLost = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#shares = new KnownShares(now, GATE_CLOCK_BEHIND_MAX_MS);
  }

  /** The workbenches that were ever created. */
  get workbenchIds(): readonly string[] {
    return [...this.#workbenches.keys()];
  }

  /** Called with each record that is written. */
  noteRecord(record: Workbench): void {
    const { workbenchId, userId } = record;
    const known = this.#workbenches.get(workbenchId) ?? {
      userId,
      ownedSince: Number.NEGATIVE_INFINITY,
      runs: [],
    };
    this.#workbenches.set(workbenchId, known);
    if (known.userId !== userId) {
      known.userId = userId;
      known.ownedSince = this.#now();
      this.#mayHaveLost = true;
    }
    const named = record.status === 'running' ? record.run : undefined;
    const last = known.runs.at(-1);
    if (last !== undefined && last.until === undefined) {
      if (last.runId === named?.runId && last.endpoint === named.endpoint) return;
      last.until = this.#now();
      this.#mayHaveLost = true;
    }
    if (named?.endpoint === undefined) return;
    known.runs.push({ runId: named.runId, endpoint: named.endpoint, from: this.#now() });
  }

  /** Called when a record is deleted. */
  noteRemoval(workbenchId: string): void {
    const last = this.#workbenches.get(workbenchId)?.runs.at(-1);
    if (last !== undefined) last.until ??= this.#now();
    this.#mayHaveLost = true;
  }

  /** Called when a cutoff has been stored. */
  noteCutoff(userId: string, at: number, issuerSession: string | undefined): void {
    this.#cutoffs.push({ userId, at, issuerSession, since: this.#now() });
    this.#mayHaveLost = true;
  }

  /** Called when a share has been stored. */
  noteShare(share: Share): void {
    this.#shares.notePut(share);
  }

  /** Called when a share has been taken back. */
  noteShareRemoval(workbenchId: string, grantee: Grantee): void {
    this.#shares.noteDelete(workbenchId, grantee);
  }

  /** Called when a gate has begun a session for a ticket. */
  checkSession(ticket: Ticket, workbenchId: string, gate: string): void {
    const began = `${gate} began a session of ${ticket.userId} on the host of workbench ${workbenchId}`;
    if (this.#usedTickets.has(ticket.hash))
      throw new RuleViolation(`${began} with a ticket that was used before`);
    this.#usedTickets.add(ticket.hash);
    if (ticket.workbenchId !== workbenchId)
      throw new RuleViolation(`${began} with a ticket for workbench ${ticket.workbenchId}`);
    if (ticket.expiresAt + GATE_CLOCK_BEHIND_MAX_MS + CLOCK_SKEW_MAX_MS < this.#now())
      throw new RuleViolation(`${began} with a ticket that had expired`);
  }

  /** Called when a gate forwards. @param holder the workbench of the task that has the address at present */
  checkForward(sent: Sent, run: ForwardedRun, gate: RecordReads, holder: string | undefined): void {
    const forwarded = `${gate.name} forwarded a request of ${sent.session?.userId ?? 'a stranger'} at the host of workbench ${sent.workbenchId}`;
    if (run.workbenchId !== sent.workbenchId)
      throw new RuleViolation(`${forwarded} to workbench ${run.workbenchId}`);
    if (sent.isFromSibling && (sent.webSocket || sent.method !== 'GET'))
      throw new RuleViolation(`${forwarded} although a page of another workbench sent it`);
    const recordAge = this.#now() - gate.recordReadAt(run.workbenchId);
    if (recordAge > RECORD_AGE_MAX_MS)
      throw new RuleViolation(
        `${forwarded} by a record that it had ${Number.isFinite(recordAge) ? `read ${(recordAge / 1000).toFixed(1)} s before` : 'never read'}`,
      );
    const lost = this.#findLoss(sent.session, run);
    if (lost === undefined || this.#now() - lost.since <= LOST_RIGHT_MAX_MS) return;
    const whose =
      holder === undefined || holder === run.workbenchId ? '' : `, to the task of workbench ${holder}`;
    throw new RuleViolation(`${forwarded}${whose}, ${describeLoss(lost, this.#now())}`);
  }

  /**
   * Called with the response to a request of a page of the workbench itself, or of a program.
   * @param sentAt when the request was sent
   * @param holder the workbench of the task that had the address of the present run, before and after
   */
  checkServed(sent: Sent, status: number, sentAt: number, gate: ReadTroubles, isUp: boolean): void {
    const { session, workbenchId } = sent;
    const present = this.presentRun(workbenchId);
    if (present === undefined || session === undefined || !isUp || status === 200) return;
    if (present.from + LET_IN_WITHIN_MS > sentAt || gate.troubledUntil + READ_AGE_MAX_MS > sentAt) return;
    if (session.expiresAt - GATE_CLOCK_BEHIND_MAX_MS <= this.#now()) return;
    if (this.#findLoss(session, { ...present, workbenchId }) !== undefined) return;
    if (this.#isGuest(session)) {
      // Between the expiry and the same time by the slowest clock of a gate, gates disagree.
      const sharedSince = this.#shares.givesRightSince(session);
      if (sharedSince === undefined || sharedSince + LET_IN_WITHIN_MS > sentAt) return;
    }
    throw new RuleViolation(
      `${gate.name} responded with ${status} to a request of ${session.userId} for ${sent.target} at the host of workbench ${workbenchId}, which ${session.userId} may open`,
    );
  }

  /** Returns the run that the record of a workbench names at present. */
  presentRun(workbenchId: string): NamedRun | undefined {
    const last = this.#workbenches.get(workbenchId)?.runs.at(-1);
    return last?.until === undefined ? last : undefined;
  }

  /** Returns when the record of a workbench last named a run; negative infinity if it never did. */
  lastNamedAt(workbenchId: string): number {
    const last = this.#workbenches.get(workbenchId)?.runs.at(-1);
    return last === undefined ? Number.NEGATIVE_INFINITY : (last.until ?? this.#now());
  }

  /** Called when a gate has connected a WebSocket. Returns a function for its end. */
  addOpen(connection: OpenConnection): () => void {
    this.#open.set(connection, undefined);
    this.#mayHaveLost = true;
    return () => this.#open.delete(connection);
  }

  /** Checks the open WebSockets. Called after every step. */
  check(): void {
    for (const [connection, known] of this.#open) {
      const { sent, run, gate } = connection;
      // The end of a share by its time is reported by nothing.
      const isGuest = sent.session !== undefined && this.#isGuest(sent.session);
      const mayHaveLost = this.#mayHaveLost || isGuest || (sent.session?.expiresAt ?? 0) <= this.#now();
      const lost = known ?? (mayHaveLost ? this.#findLoss(sent.session, run) : undefined);
      if (lost === undefined) continue;
      this.#open.set(connection, lost);
      // A gate that cannot read keeps a connection for some time.
      const isTroubled = gate.troubledUntil + READ_AGE_MAX_MS > lost.since;
      const readableSince = isTroubled ? Math.max(lost.since, gate.troubledUntil) : lost.since;
      if (this.#now() - readableSince <= LOST_RIGHT_MAX_MS) continue;
      throw new RuleViolation(
        `${gate.name} keeps a WebSocket of ${sent.session?.userId} at the host of workbench ${sent.workbenchId} open, ${describeLoss(lost, this.#now())}`,
      );
    }
    this.#mayHaveLost = false;
  }

  /** Whether only a share can give a right to the user. */
  #isGuest({ workbenchId, userId, admin }: SimulatedSession): boolean {
    return !admin && this.#workbenches.get(workbenchId)?.userId !== userId;
  }

  /** Returns since when and why a session gives no right to a run; undefined if it does. */
  #findLoss(session: SimulatedSession | undefined, run: ForwardedRun): Loss | undefined {
    const never = Number.NEGATIVE_INFINITY;
    if (session === undefined) return { since: never, reason: 'without a session' };
    if (session.workbenchId !== run.workbenchId)
      return { since: never, reason: `with the session for workbench ${session.workbenchId}` };
    const known = this.#workbenches.get(run.workbenchId);
    if (known === undefined) return { since: never, reason: 'which has no record' };
    const isLostGuest = this.#isGuest(session) && !this.#shares.mayGiveRight(session);
    const named = known.runs.findLast(
      ({ runId, endpoint }) => runId === run.runId && endpoint === run.endpoint,
    );
    if (named === undefined)
      return { since: never, reason: `at ${run.endpoint}, which no record named for run ${run.runId}` };
    return earliest([
      ...(isLostGuest
        ? [
            {
              since: Math.max(this.#shares.lostAt(session), known.ownedSince),
              reason: `although it belongs to ${known.userId}, and is not shared with ${session.userId}`,
            },
          ]
        : []),
      ...(named.until === undefined
        ? []
        : [
            {
              since: named.until,
              reason: `although its record no longer names run ${run.runId} at ${run.endpoint}`,
            },
          ]),
      ...this.#cutoffs
        .filter((cutoff) => endsSession(cutoff, session))
        .map(({ since }) => ({ since, reason: 'although the session was ended' })),
      ...(session.expiresAt + GATE_CLOCK_BEHIND_MAX_MS > this.#now()
        ? []
        : [
            {
              since: session.expiresAt + GATE_CLOCK_BEHIND_MAX_MS,
              reason: 'although the session has expired',
            },
          ]),
    ]);
  }
}

/** Why a session gives no right to a run, and since when. Milliseconds since 1970; negative infinity: it never did. */
interface Loss {
  readonly since: number;
  readonly reason: string;
}

function describeLoss({ since, reason }: Loss, now: number): string {
  return Number.isFinite(since) ? `${reason}, for ${((now - since) / 1000).toFixed(1)} s` : reason;
}

function earliest(losses: readonly Loss[]): Loss | undefined {
  return losses.toSorted((a, b) => a.since - b.since)[0];
}

function endsSession({ userId, at, issuerSession }: Cutoff, session: SimulatedSession): boolean {
  if (userId !== session.userId || session.signedInAt > at) return false;
  return issuerSession === undefined || issuerSession === session.issuerSession;
}
