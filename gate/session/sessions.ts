import type { ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { GROUP_ID_LENGTH, isGroupId } from '#adapters/group-id.ts';
import { CONTROL_CHARACTER, isUserId } from '#contract/parameters.ts';
import { GROUPS_MAX } from '#core/access/grantee.ts';
import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import { COOKIES, formatCookie } from './cookies.ts';
import type { Sealing } from './seal.ts';

/** A session of the sign-in host that is not used for this long ends, milliseconds. */
export const SIGN_IN_IDLE_MS = 60 * 60 * 1000;

/** A session of the sign-in host is renewed at the first request this long after it was sealed, milliseconds. */
export const SIGN_IN_RENEWAL_MS = 10 * 60 * 1000;

/** Session ids of issuers are about 36 characters. A longer one would make the cookie too large. */
const ISSUER_SESSION_MAX_BYTES = 255;

/** Whether a session id of the issuer can be kept. JSON writes a control character as six. */
export function isIssuerSession(text: string): boolean {
  return (
    text !== '' &&
    !CONTROL_CHARACTER.test(text) &&
    Buffer.byteLength(text, 'utf8') <= ISSUER_SESSION_MAX_BYTES
  );
}

const sessionSchema = z.object({
  sub: z.string().check(z.refine(isUserId)),
  admin: z.boolean(),
  wid: z.optional(z.string().check(z.refine(isWorkbenchId))),
  sid: z.optional(z.string().check(z.refine(isIssuerSession))),
  issuer_sub: z.optional(z.string().check(z.refine(isUserId))),
  /** The ids of the groups, one after another: as an array they would take a fifth more of the cookie. */
  groups: z.optional(z.string().check(z.refine(isGroupIds))),
  /** Absent in cookies of versions that stored the cutoffs of user ids and of `sub` under the same names. */
  names_apart: z.optional(z.literal(true)),
  /** Milliseconds since 1970. */
  signed_in_at: z.int(),
  /** Seconds since 1970, with a fraction. */
  exp: z.number(),
});

/** Who has signed in. */
export type SignIn = Pick<Ticket, 'userId' | 'admin' | 'issuerSession' | 'issuerSubject' | 'signedInAt'> & {
  readonly groups?: readonly string[] | undefined;
};

/** Turns sessions into cookies and back. It compares no cutoffs: VisitorReader does. */
export class Sessions {
  readonly #seal: Sealing;
  readonly #clock: Clock;
  readonly #groupsMaxAgeMs: number;

  /** @param groupsMaxAgeMs how long groups count after the sign-in, milliseconds */
  constructor(seal: Sealing, clock: Clock, groupsMaxAgeMs: number = SESSION_LIFETIME_MS) {
    this.#seal = seal;
    this.#clock = clock;
    this.#groupsMaxAgeMs = groupsMaxAgeMs;
  }

  /** Returns the Set-Cookie header of a session on the sign-in host: for an hour, and at most 8 hours after the sign-in. */
  async formatSignIn(signIn: SignIn): Promise<string> {
    const now = this.#clock.now();
    const expiresAt = Math.min(now + SIGN_IN_IDLE_MS, signIn.signedInAt + SESSION_LIFETIME_MS);
    const sealed = await this.#seal.seal('sign-in-session', toContent(signIn), expiresAt);
    return formatCookie(COOKIES.signIn, sealed, expiresAt - now);
  }

  /** Returns the Set-Cookie header that extends a session of the sign-in host; undefined if it is not time yet. */
  async renewSignIn(visitor: UserVisitor): Promise<string | undefined> {
    if (visitor.workbenchId !== undefined) return undefined;
    const sealedAt = visitor.expiresAt - SIGN_IN_IDLE_MS;
    const isLastHour = visitor.expiresAt >= visitor.signedInAt + SESSION_LIFETIME_MS;
    if (isLastHour || this.#clock.now() < sealedAt + SIGN_IN_RENEWAL_MS) return undefined;
    return this.formatSignIn(visitor);
  }

  /** Returns the Set-Cookie header of the session that a ticket begins on the host of its workbench. */
  async formatWorkbench(ticket: Ticket): Promise<string> {
    const expiresAt = Math.min(ticket.sessionExpiresAt, ticket.signedInAt + SESSION_LIFETIME_MS);
    const sealed = await this.#seal.seal(
      'workbench-session',
      { ...toContent(ticket), wid: ticket.workbenchId },
      expiresAt,
    );
    return formatCookie(COOKIES.workbench, sealed, expiresAt - this.#clock.now());
  }

  /**
   * Returns the session in a cookie; undefined if it is none.
   * @param workbenchId the workbench whose host was asked; undefined on the sign-in host
   * @throws the errors of reading the keys
   */
  async parse(sealed: string, workbenchId: string | undefined): Promise<UserVisitor | undefined> {
    const purpose = workbenchId === undefined ? 'sign-in-session' : 'workbench-session';
    const content = z.safeParse(sessionSchema, await this.#seal.unseal(purpose, sealed)).data;
    if (content === undefined || content.wid !== workbenchId) return undefined;
    return {
      kind: 'user',
      userId: content.sub,
      admin: content.admin,
      ...(workbenchId === undefined ? {} : { workbenchId }),
      ...(content.sid === undefined ? {} : { issuerSession: content.sid }),
      ...(content.issuer_sub === undefined ? {} : { issuerSubject: content.issuer_sub }),
      ...(content.groups === undefined
        ? {}
        : {
            groups: splitGroupIds(content.groups),
            groupsExpireAt: content.signed_in_at + this.#groupsMaxAgeMs,
          }),
      ...(content.names_apart === undefined ? { hasSharedNames: true } : {}),
      signedInAt: content.signed_in_at,
      expiresAt: Math.floor(content.exp * 1000),
    };
  }
}

function toContent({ userId, admin, issuerSession, issuerSubject, groups = [], signedInAt }: SignIn) {
  return {
    sub: userId,
    admin,
    ...(issuerSession === undefined ? {} : { sid: issuerSession }),
    ...(issuerSubject === undefined ? {} : { issuer_sub: issuerSubject }),
    ...(groups.length === 0 ? {} : { groups: groups.join('') }),
    names_apart: true,
    signed_in_at: signedInAt,
  };
}

function splitGroupIds(text: string): readonly string[] {
  return Array.from({ length: text.length / GROUP_ID_LENGTH }, (_, index) =>
    text.slice(index * GROUP_ID_LENGTH, (index + 1) * GROUP_ID_LENGTH),
  );
}

function isGroupIds(text: string): boolean {
  if (text === '' || text.length % GROUP_ID_LENGTH !== 0) return false;
  return text.length <= GROUPS_MAX * GROUP_ID_LENGTH && splitGroupIds(text).every(isGroupId);
}

/** Extends the session of the sign-in host while its user works. In prefix mode this is the session for all workbenches. */
export class SessionRenewal {
  readonly #sessions: Pick<Sessions, 'renewSignIn'>;
  readonly #telemetry: Telemetry;

  constructor(sessions: Pick<Sessions, 'renewSignIn'>, telemetry: Telemetry) {
    this.#sessions = sessions;
    this.#telemetry = telemetry;
  }

  /** Adds the cookie of the extended session to a response, if it is time. Does not throw. */
  async renew(visitor: Visitor, response: ServerResponse): Promise<void> {
    if (visitor.kind !== 'user') return;
    try {
      const cookie = await this.#sessions.renewSignIn(visitor);
      if (cookie !== undefined) response.appendHeader('set-cookie', cookie);
    } catch (error) {
      // The session is valid for a while. A later response renews it.
      this.#telemetry.error('a session could not be renewed', {}, error);
    }
  }
}

/**
 * When each session of the sign-in host was last used here. In prefix mode browsers get a renewed cookie while they use
 * workbenches, but a connection that stays open has the cookie with which it began: without this it would end with that one.
 */
export class SessionUse {
  /** Milliseconds since 1970, by session. The one that was used last is at the end. */
  readonly #lastUses = new Map<string, number>();

  /** Notes a request, or data on a WebSocket. A session that has ended stays ended. @param now milliseconds since 1970 */
  note(visitor: Visitor, now: number): void {
    if (!isRenewable(visitor) || this.#endOf(visitor) <= now) return;
    const key = keyOf(visitor);
    this.#lastUses.delete(key);
    this.#lastUses.set(key, now);
    for (const [unused, usedAt] of this.#lastUses) {
      if (now - usedAt < SIGN_IN_IDLE_MS) break;
      this.#lastUses.delete(unused);
    }
  }

  /** Returns a visitor with the end of the session as its last use has moved it: at most 8 hours after the sign-in. */
  extend(visitor: Visitor): Visitor {
    return isRenewable(visitor) ? { ...visitor, expiresAt: this.#endOf(visitor) } : visitor;
  }

  /** The number of sessions whose last use is remembered. */
  get size(): number {
    return this.#lastUses.size;
  }

  #endOf(visitor: UserVisitor): number {
    const usedAt = this.#lastUses.get(keyOf(visitor));
    if (usedAt === undefined) return visitor.expiresAt;
    const renewed = Math.min(usedAt + SIGN_IN_IDLE_MS, visitor.signedInAt + SESSION_LIFETIME_MS);
    return Math.max(visitor.expiresAt, renewed);
  }
}

/** A session on the host of a workbench ends at the same time whether or not it is used. */
function isRenewable(visitor: Visitor): visitor is UserVisitor {
  return visitor.kind === 'user' && visitor.workbenchId === undefined;
}

/** The renewed cookies of a session have the same time of the sign-in. */
function keyOf({ userId, signedInAt, issuerSession }: UserVisitor): string {
  return JSON.stringify([userId, signedInAt, issuerSession]);
}
