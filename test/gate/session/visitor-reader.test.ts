import { describe, expect, it } from 'vitest';
import type { UserVisitor } from '#core/gate/visitor.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  SESSION_LIFETIME_MS,
  type SessionCutoffs,
  subjectCutoffName,
} from '#core/ports/session-cutoff-store.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import { COOKIES } from '#gate/session/cookies.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions, SIGN_IN_IDLE_MS, SIGN_IN_RENEWAL_MS } from '#gate/session/sessions.ts';
import {
  CUTOFF_MAX_AGE_MS,
  CUTOFF_READ_LIMIT_MS,
  OPEN_VISITORS,
  VisitorReader,
} from '#gate/session/visitor-reader.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const WID = '01k5w3p8xg7t2mzq4v9r6ehbnc';
const OTHER_WID = '01k5w3p8xg7t2mzq4v9r6ehbnd';

function setUp() {
  const clock = new ManualClock();
  const keys = createSealKeys('a-key-'.repeat(8));
  const seal = new Seal(async () => keys, clock);
  const sessions = new Sessions(seal, clock);
  const signIn = { userId: 'ada', admin: false, issuerSession: 'sid-1', signedInAt: clock.now() };
  const ticket: Ticket = {
    ...signIn,
    hash: 'h',
    workbenchId: WID,
    expiresAt: clock.now() + 60_000,
    sessionExpiresAt: clock.now() + SESSION_LIFETIME_MS,
  };
  const store = {
    reads: 0,
    cutoffs: { byIssuerSession: {} } as SessionCutoffs,
    failure: undefined as Error | undefined,
    read: async () => {
      store.reads += 1;
      if (store.failure !== undefined) throw store.failure;
      return store.cutoffs;
    },
  };
  const reader = new VisitorReader(sessions, store, clock);
  /** What the browser sends back. */
  const read = (setCookie: string, workbenchId?: string) =>
    reader.read({ headers: { cookie: setCookie.split(';')[0] ?? '' } }, workbenchId);
  return { clock, seal, sessions, signIn, ticket, store, reader, read };
}

describe('VisitorReader', () => {
  it('reads the session of the sign-in host there', async () => {
    const { clock, sessions, signIn: named, read } = setUp();
    const signIn = { ...named, issuerSubject: 'f81d4fae' };
    const expected: UserVisitor = { kind: 'user', ...signIn, expiresAt: clock.now() + SIGN_IN_IDLE_MS };
    expect(await read(await sessions.formatSignIn(signIn))).toEqual(expected);
  });

  it('reads the session of a workbench on its own host only', async () => {
    const { sessions, ticket, signIn, read } = setUp();
    const cookie = await sessions.formatWorkbench(ticket);
    const expected = { kind: 'user', ...signIn, workbenchId: WID, expiresAt: ticket.sessionExpiresAt };
    expect(await read(cookie, WID)).toEqual(expected);
    expect(await read(cookie, OTHER_WID)).toEqual({ kind: 'none' });
    expect(await read(cookie)).toEqual({ kind: 'none' });
  });

  it('accepts no session under the name of the other host', async () => {
    const { sessions, signIn, ticket, read } = setUp();
    const [name, value] = (await sessions.formatWorkbench(ticket)).split(/=(.*)/);
    expect(name).toBe(COOKIES.workbench);
    expect(await read(`${COOKIES.signIn}=${value}`)).toEqual({ kind: 'none' });
    const [, signInValue] = (await sessions.formatSignIn(signIn)).split(/=(.*)/);
    expect(await read(`${COOKIES.workbench}=${signInValue}`, WID)).toEqual({ kind: 'none' });
  });

  it('reads the session beside cookies of the same name that are none', async () => {
    const { sessions, signIn, ticket, reader } = setUp();
    const pair = (await sessions.formatWorkbench(ticket)).split(';')[0] ?? '';
    const readAll = (...pairs: string[]) => reader.read({ headers: { cookie: pairs.join('; ') } }, WID);
    const tossed = `${COOKIES.workbench}=tossed`;
    for (const pairs of [
      [pair, tossed],
      [tossed, pair],
      [pair, pair],
      [`${COOKIES.workbench}=`, tossed, pair],
    ])
      expect(await readAll(...pairs)).toMatchObject({ userId: signIn.userId });
    expect(await readAll(tossed, tossed, tossed, tossed, pair)).toEqual({ kind: 'none' });
  });

  it('accepts neither of the sessions of two users, but the one that has not ended', async () => {
    const { sessions, ticket, store, reader } = setUp();
    const pairOf = async (userId: string) =>
      (await sessions.formatWorkbench({ ...ticket, userId })).split(';')[0];
    const cookie = `${await pairOf('ada')}; ${await pairOf('eve')}`;
    expect(await reader.read({ headers: { cookie } }, WID)).toEqual({ kind: 'none' });
    store.read = async (name?: string): Promise<SessionCutoffs> => ({
      byIssuerSession: {},
      ...(name === 'eve' ? { all: ticket.signedInAt } : {}),
    });
    reader.forget('eve');
    expect(await reader.read({ headers: { cookie } }, WID)).toMatchObject({ userId: 'ada' });
  });

  it('reads no session without a cookie, and no cutoffs for it', async () => {
    const { reader, store } = setUp();
    expect(await reader.read({ headers: {} })).toEqual({ kind: 'none' });
    expect(await reader.read({ headers: { cookie: `${COOKIES.signIn}=x` } })).toEqual({ kind: 'none' });
    expect(store.reads).toBe(0);
  });

  it('ends the session of a workbench 8 hours after the sign-in, although the ticket says later', async () => {
    const { clock, sessions, ticket, read } = setUp();
    const cookie = await sessions.formatWorkbench({
      ...ticket,
      sessionExpiresAt: ticket.sessionExpiresAt + 1e9,
    });
    clock.advance(SESSION_LIFETIME_MS - 1);
    expect(await read(cookie, WID)).toMatchObject({ kind: 'user' });
    clock.advance(1);
    expect(await read(cookie, WID)).toEqual({ kind: 'none' });
  });

  it('renews the session of the sign-in host while it is used, up to 8 hours after the sign-in', async () => {
    const { clock, sessions, signIn, read } = setUp();
    let cookie = await sessions.formatSignIn(signIn);
    let renewals = 0;
    for (;;) {
      clock.advance(SIGN_IN_RENEWAL_MS);
      const visitor = await read(cookie);
      if (visitor.kind !== 'user') break;
      const renewed = await sessions.renewSignIn(visitor);
      if (renewed === undefined) continue;
      renewals += 1;
      cookie = renewed;
    }
    expect(clock.now() - signIn.signedInAt).toBe(SESSION_LIFETIME_MS);
    // The session that was sealed 7 hours after the sign-in cannot be extended.
    expect(renewals).toBe((7 * 60) / 10);
  });

  it('renews no session before its time, and ends one that is not used', async () => {
    const { clock, sessions, signIn, ticket, read } = setUp();
    const cookie = await sessions.formatSignIn(signIn);
    clock.advance(SIGN_IN_RENEWAL_MS - 1);
    expect(await sessions.renewSignIn((await read(cookie)) as UserVisitor)).toBeUndefined();
    const workbench = await read(await sessions.formatWorkbench(ticket), WID);
    clock.advance(SIGN_IN_IDLE_MS);
    expect(await sessions.renewSignIn(workbench as UserVisitor)).toBeUndefined();
    expect(await read(cookie)).toEqual({ kind: 'none' });
  });

  describe('compares the sign-in with the cutoffs', () => {
    it('of all sessions', async () => {
      const { sessions, signIn, store, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      store.cutoffs = { all: signIn.signedInAt - 1, byIssuerSession: {} };
      expect(await read(cookie)).toMatchObject({ kind: 'user' });
      const later = setUp();
      later.store.cutoffs = { all: later.signIn.signedInAt, byIssuerSession: {} };
      expect(await later.read(await later.sessions.formatSignIn(later.signIn))).toEqual({ kind: 'none' });
    });

    it('of one session at the issuer', async () => {
      const { sessions, signIn, store, read } = setUp();
      store.cutoffs = { byIssuerSession: { 'sid-1': signIn.signedInAt } };
      const other = { ...signIn, issuerSession: 'constructor' };
      expect(await read(await sessions.formatSignIn(signIn))).toEqual({ kind: 'none' });
      expect(await read(await sessions.formatSignIn(other))).toMatchObject({ kind: 'user' });
    });

    it('also of the `sub` of the user at the issuer, which is no user_id', async () => {
      const { clock, sessions, signIn, store, read } = setUp();
      const named = await sessions.formatSignIn({ ...signIn, issuerSubject: 'f81d4fae' });
      let raised = '';
      store.read = async (name?: string): Promise<SessionCutoffs> => ({
        byIssuerSession: {},
        ...(name === raised ? { all: signIn.signedInAt } : {}),
      });
      const isEnded = async (cookie: string, name: string) => {
        raised = name;
        clock.advance(CUTOFF_MAX_AGE_MS);
        return (await read(cookie)).kind === 'none';
      };
      expect(await isEnded(await sessions.formatSignIn(signIn), subjectCutoffName('f81d4fae'))).toBe(false);
      expect(await isEnded(named, subjectCutoffName('f81d4fae'))).toBe(true);
      // Another user may have chosen this user_id.
      expect(await isEnded(named, 'f81d4fae')).toBe(false);
      expect(await isEnded(named, subjectCutoffName('ada'))).toBe(false);
    });

    it('under the names that they had when an older version sealed the cookie', async () => {
      const { clock, seal, signIn, store, read } = setUp();
      let raised = '';
      store.read = async (name?: string): Promise<SessionCutoffs> => ({
        byIssuerSession: {},
        ...(name === raised ? { all: signIn.signedInAt } : {}),
      });
      const isEnded = async (content: object, name: string) => {
        raised = name;
        clock.advance(CUTOFF_MAX_AGE_MS);
        const expiresAt = signIn.signedInAt + SIGN_IN_IDLE_MS;
        const shared = { sub: 'ada', admin: false, signed_in_at: signIn.signedInAt, ...content };
        const sealed = await seal.seal('sign-in-session', shared, expiresAt);
        return (await read(`${COOKIES.signIn}=${sealed}`)).kind === 'none';
      };
      const old = { issuer_sub: 'f81d4fae' };
      for (const name of ['ada', 'f81d4fae', subjectCutoffName('f81d4fae')])
        expect([name, await isEnded(old, name)]).toEqual([name, true]);
      // With the same text in both claims, the cookie contained it once.
      for (const name of ['ada', subjectCutoffName('ada')])
        expect([name, await isEnded({}, name)]).toEqual([name, true]);
      expect(await isEnded(old, 'another')).toBe(false);
      expect(await isEnded({ ...old, names_apart: true }, 'f81d4fae')).toBe(false);
    });

    it('and reads them again after two seconds', async () => {
      const { clock, sessions, signIn, store, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      expect(await read(cookie)).toMatchObject({ kind: 'user' });
      clock.advance(CUTOFF_MAX_AGE_MS - 1);
      await read(cookie);
      expect(store.reads).toBe(1);
      store.cutoffs = { all: signIn.signedInAt, byIssuerSession: {} };
      clock.advance(1);
      expect(await read(cookie)).toEqual({ kind: 'none' });
    });

    it('and gives no access while they cannot be read', async () => {
      const { sessions, signIn, store, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      store.failure = new PortError('unavailable', 'no table');
      await expect(read(cookie)).rejects.toThrow(PortError);
      store.failure = undefined;
      expect(await read(cookie)).toMatchObject({ kind: 'user' });
    });

    it('and gives no access by a read that took too long', async () => {
      const { clock, sessions, signIn, store, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      const { promise, resolve } = Promise.withResolvers<SessionCutoffs>();
      const cutoffs = store.read;
      store.read = () => promise;
      const refused = expect(read(cookie)).rejects.toThrow(/too long/);
      await expect.poll(() => clock.scheduledCount).toBe(1);
      clock.advance(CUTOFF_READ_LIMIT_MS);
      await refused;
      resolve(store.cutoffs);
      store.read = cutoffs;
      expect(await read(cookie)).toMatchObject({ kind: 'user' });
      expect(clock.scheduledCount).toBe(0);
    });

    it('and gives no access by cutoffs that were read before the process was suspended', async () => {
      const { clock, sessions, signIn, store, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      const cutoffs = store.read;
      store.read = async () => {
        clock.set(clock.now() + 5_001);
        return cutoffs();
      };
      await expect(read(cookie)).rejects.toThrow(/too long/);
    });

    it('and reads them again after this process has raised one', async () => {
      const { sessions, signIn, store, reader, read } = setUp();
      const cookie = await sessions.formatSignIn(signIn);
      await read(cookie);
      store.cutoffs = { all: signIn.signedInAt, byIssuerSession: {} };
      reader.forget('ada');
      expect(await read(cookie)).toEqual({ kind: 'none' });
    });
  });

  it('says of an open connection whether its session still admits', async () => {
    const { clock, sessions, signIn, store, reader, read } = setUp();
    const visitor = await read(await sessions.formatSignIn(signIn));
    expect(await reader.isValid(visitor)).toBe(true);
    store.cutoffs = { all: signIn.signedInAt, byIssuerSession: {} };
    clock.advance(CUTOFF_MAX_AGE_MS);
    expect(await reader.isValid(visitor)).toBe(false);
    store.cutoffs = { byIssuerSession: {} };
    clock.advance(CUTOFF_MAX_AGE_MS);
    expect(await reader.isValid(visitor)).toBe(true);
    clock.advance(SIGN_IN_IDLE_MS);
    expect(await reader.isValid(visitor)).toBe(false);
    expect(await reader.isValid({ kind: 'none' })).toBe(false);
    expect(await reader.isValid({ kind: 'open' })).toBe(true);
  });
});

describe('OPEN_VISITORS', () => {
  it('lets everybody in', async () => {
    expect(await OPEN_VISITORS.read({ headers: {} })).toEqual({ kind: 'open' });
    expect(await OPEN_VISITORS.isValid({ kind: 'open' })).toBe(true);
  });
});
