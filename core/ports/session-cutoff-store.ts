import * as z from 'zod/mini';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';

/** Ends the sessions of a user that began before a time: sign-out everywhere, and back-channel sign-out. */
export interface SessionCutoffStore {
  /**
   * Ends all sessions of the user, or those of one session at the issuer, that began at or before `at` (milliseconds since
   * 1970). Never moves a cutoff back, and loses none to a concurrent call. May end more: of the sessions at the issuer it
   * keeps at most ISSUER_CUTOFFS_MAX apart, and ends all sessions instead when there are more.
   * @param userId the user_id, or what `subjectCutoffName` returns for the `sub` of the user at the issuer
   * @throws PortError; after `unavailable` it may have had its effect, and may be repeated
   */
  raise(userId: string, at: number, issuerSession?: string): Promise<void>;
  /** Returns the cutoffs of a user; sees every `raise` that has returned. @throws PortError */
  read(userId: string): Promise<SessionCutoffs>;
}

/**
 * Returns the name of the cutoffs of a user by the `sub` at the issuer. It has a control character, which no user_id contains: users
 * may choose a user_id, such as `preferred_username`, that is the `sub` of another user.
 */
export function subjectCutoffName(subject: string): string {
  return `sub\n${subject}`;
}

/**
 * Returns the cutoff of a sign-out at a time. The sessions that it ends may have begun by a clock that is ahead. Those that
 * begin after it are moved after it (`moveAfterCutoffs`).
 */
export function cutoffOf(now: number): number {
  return now + CLOCK_SKEW_MAX_MS;
}

export const sessionCutoffsSchema = z.object({
  /** Milliseconds since 1970; absent if no session was ended. */
  all: z.optional(z.int()),
  /** Session at the issuer → milliseconds since 1970. */
  byIssuerSession: z.record(z.string(), z.int()),
});
export type SessionCutoffs = Readonly<z.infer<typeof sessionCutoffsSchema>>;

export const NO_CUTOFFS: SessionCutoffs = { byIssuerSession: {} };

/** A session ends this long after its sign-in, milliseconds: 8 hours. */
export const SESSION_LIFETIME_MS = 8 * 60 * 60 * 1000;

/** How long a cutoff is kept, milliseconds: longer than a session, by more than clocks may differ. */
export const CUTOFF_RETENTION_MS = SESSION_LIFETIME_MS + 24 * 60 * 60 * 1000;

/** Cutoffs of single sessions at the issuer that are kept for a user. It bounds the size of what every request reads. */
export const ISSUER_CUTOFFS_MAX = 50;

/** Returns the cutoffs after a `raise`. Drops those that end no session any more. Stores write the result as a whole. */
export function raiseCutoff(cutoffs: SessionCutoffs, at: number, issuerSession?: string): SessionCutoffs {
  if (issuerSession === undefined) return endAll(cutoffs, at);
  const { all = 0 } = cutoffs;
  const earlier = Object.hasOwn(cutoffs.byIssuerSession, issuerSession)
    ? (cutoffs.byIssuerSession[issuerSession] ?? 0)
    : 0;
  const others = Object.entries(cutoffs.byIssuerSession).filter(
    ([name, time]) => name !== issuerSession && time > all && time > at - CUTOFF_RETENTION_MS,
  );
  const time = Math.max(at, earlier);
  // All sessions have ended later already, so the entry would say nothing.
  const entries = time > all ? [...others, [issuerSession, time] as const] : others;
  if (entries.length > ISSUER_CUTOFFS_MAX) {
    return endAll(cutoffs, Math.max(...entries.map(([, time]) => time)));
  }
  return { ...cutoffs, byIssuerSession: Object.fromEntries(entries) };
}

/** Returns when the store may forget the cutoffs, milliseconds since 1970. */
export function cutoffsExpireAt({ all = 0, byIssuerSession }: SessionCutoffs): number {
  return Math.max(all, ...Object.values(byIssuerSession)) + CUTOFF_RETENTION_MS;
}

function endAll({ all = 0, byIssuerSession }: SessionCutoffs, at: number): SessionCutoffs {
  const time = Math.max(all, at);
  return {
    all: time,
    byIssuerSession: Object.fromEntries(Object.entries(byIssuerSession).filter(([, other]) => other > time)),
  };
}
