import { beforeEach, describe, expect, it } from 'vitest';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { aShare } from '#test/builders/share.ts';
import type { Sent } from './exchange.ts';
import { GateChecks, type SimulatedSession } from './gate-checks.ts';

const RUN = { workbenchId: 'wb1', runId: 'run1', endpoint: 'http://10.0.0.1:8080' };
const GATE = { name: 'gate A', troubledUntil: Number.NEGATIVE_INFINITY };
const SESSION: SimulatedSession = {
  userId: 'ada',
  admin: false,
  workbenchId: 'wb1',
  issuerSession: 's1',
  signedInAt: 500,
  expiresAt: 1_000_000,
  cookie: 'c',
};
const SENT: Sent = { method: 'GET', workbenchId: 'wb1', host: 'wb1.example', target: '/', session: SESSION };
const TICKET = { hash: 'h', workbenchId: 'wb1', userId: 'ada', expiresAt: 60_000 } as Ticket;

let now: number;
/** When the gate has read the record. */
let readAt: number;
let checks: GateChecks;

function recordOf(status: Workbench['status'], run: object = RUN): Workbench {
  return { workbenchId: 'wb1', userId: 'ada', status, run } as Workbench;
}

const forward = (change: Partial<Sent> = {}, run = RUN, holder = 'wb1') =>
  checks.checkForward({ ...SENT, ...change }, run, { name: 'gate A', recordReadAt: () => readAt }, holder);
const keep = (gate = GATE) => checks.addOpen({ sent: SENT, run: RUN, gate });
const serve = (status: number, gate = GATE) => checks.checkServed(SENT, status, now, gate, true);

beforeEach(() => {
  now = 1000;
  readAt = Number.POSITIVE_INFINITY;
  checks = new GateChecks(() => now);
  checks.noteRecord(recordOf('running'));
});

describe('a forward', () => {
  it('may go to the run that the record names, and for five seconds after', () => {
    forward();
    checks.noteRecord(recordOf('stopping'));
    now += 5000;
    forward();
    now += 1;
    expect(() => forward({}, RUN, 'wb2')).toThrow(
      'to the task of workbench wb2, although its record no longer names run run1 at http://10.0.0.1:8080, for 5.0 s',
    );
  });

  it('may not go to a run that no record named, nor to another workbench', () => {
    expect(() => forward({}, { ...RUN, endpoint: 'http://10.0.0.2:8080' })).toThrow('which no record named');
    expect(() => forward({ workbenchId: 'wb2' })).toThrow('at the host of workbench wb2 to workbench wb1');
  });

  it('may not go by a record that was read more than five seconds before, or never', () => {
    readAt = now - 5000;
    forward();
    readAt -= 1;
    expect(() => forward()).toThrow('by a record that it had read 5.0 s before');
    readAt = Number.NEGATIVE_INFINITY;
    expect(() => forward()).toThrow('by a record that it had never read');
  });

  it('may not go to a deleted workbench', () => {
    checks.noteRemoval('wb1');
    now += 5001;
    expect(() => forward()).toThrow('no longer names run run1');
  });

  it.each([
    ['a visitor without a session', { session: undefined }, 'without a session'],
    ['another user', { session: { ...SESSION, userId: 'grace' } }, 'although it belongs to ada'],
    ['a session for another workbench', { session: { ...SESSION, workbenchId: 'wb2' } }, 'for workbench wb2'],
    ['an expired session', { session: { ...SESSION, expiresAt: -6000 } }, 'the session has expired'],
    [
      'a sibling page',
      { method: 'POST' as const, isFromSibling: true },
      'a page of another workbench sent it',
    ],
    [
      'a WebSocket of a sibling page',
      { webSocket: true, isFromSibling: true },
      'a page of another workbench',
    ],
  ])('may not come from %s', (_, change, message) => {
    expect(() => forward(change)).toThrow(message);
  });

  it('may come from an administrator, and from the page of another workbench if it only reads', () => {
    forward({ session: { ...SESSION, userId: 'root', admin: true } });
    forward({ isFromSibling: true });
  });

  it('may not come from an ended session after five seconds', () => {
    checks.noteCutoff('ada', 400, undefined);
    checks.noteCutoff('ada', 900, 's2');
    now += 5001;
    forward();
    checks.noteCutoff('ada', 900, 's1');
    now += 5001;
    expect(() => forward()).toThrow('although the session was ended');
  });
});

describe('an open WebSocket', () => {
  it('must end within five seconds after the right was lost', () => {
    const remove = keep();
    checks.check();
    checks.noteCutoff('ada', 900, undefined);
    now += 5000;
    checks.check();
    now += 1;
    expect(() => checks.check()).toThrow('gate A keeps a WebSocket of ada at the host of workbench wb1 open');
    remove();
    checks.check();
  });

  it('may stay open for five seconds after the gate could not read', () => {
    keep({ ...GATE, troubledUntil: 4000 });
    checks.noteRecord(recordOf('stopped'));
    now = 9000;
    checks.check();
    now += 1;
    expect(() => checks.check()).toThrow('keeps a WebSocket');
  });
});

describe('a refusal', () => {
  it('breaks a rule if the visitor may open the workbench', () => {
    now += 2000;
    serve(200);
    expect(() => serve(401)).toThrow('gate A responded with 401 to a request of ada for /');
  });

  it('breaks none while the run is new, while the gate could not read, or after the right was lost', () => {
    serve(503);
    now += 2000;
    serve(503, { ...GATE, troubledUntil: now });
    checks.noteCutoff('ada', 900, undefined);
    serve(401);
  });
});

describe('a ticket', () => {
  it('begins one session at its workbench before it expires', () => {
    checks.checkSession(TICKET, 'wb1', 'gate A');
    expect(() => checks.checkSession(TICKET, 'wb1', 'gate B')).toThrow('with a ticket that was used before');
    expect(() => checks.checkSession({ ...TICKET, hash: 'h2' }, 'wb2', 'gate A')).toThrow(
      'with a ticket for workbench wb1',
    );
    expect(() =>
      checks.checkSession({ ...TICKET, hash: 'h3', expiresAt: -1 - CLOCK_SKEW_MAX_MS }, 'wb1', 'gate A'),
    ).toThrow('with a ticket that had expired');
  });
});

describe('a guest', () => {
  const bob = { ...SESSION, userId: 'bob', groups: ['team'] };
  const share = (change: Partial<Share> = {}) =>
    aShare({ workbenchId: 'wb1', grantee: { kind: 'user', userId: 'bob' }, ...change });

  it('may come while the workbench is shared with the user or a group, and for five seconds after', () => {
    for (const grantee of [
      { kind: 'user', userId: 'bob' },
      { kind: 'group', group: 'team' },
    ] as const) {
      checks.noteShare(share({ grantee }));
      forward({ session: bob });
      checks.noteShareRemoval('wb1', grantee);
      now += 5000;
      forward({ session: bob });
      now += 1;
      expect(() => forward({ session: bob })).toThrow('not shared with bob, for 5.0 s');
    }
  });

  it('may not come without a share, nor by one with a user who has the name of the group', () => {
    const refusal = 'although it belongs to ada, and is not shared with bob';
    expect(() => forward({ session: bob })).toThrow(refusal);
    checks.noteShare(share({ grantee: { kind: 'user', userId: 'team' } }));
    checks.noteShare(share({ grantee: { kind: 'group', group: 'bob' } }));
    checks.noteShare(share({ workbenchId: 'wb2' }));
    expect(() => forward({ session: bob })).toThrow(refusal);
  });

  it('must leave five seconds after the share has expired by every clock', () => {
    checks.noteShare(share({ expiresAt: now + 100 }));
    checks.addOpen({ sent: { ...SENT, session: bob }, run: RUN, gate: GATE });
    now += 100 + 1000;
    checks.check();
    now += 5000;
    checks.check();
    now += 1;
    expect(() => checks.check()).toThrow('keeps a WebSocket of bob');
  });

  it('may be refused once the share has expired by the fastest clock of a gate', () => {
    checks.noteShare(share({ expiresAt: now + 60_000 }));
    now += 59_999;
    const served = () => checks.checkServed({ ...SENT, session: bob }, 404, now, GATE, true);
    expect(served).toThrow('which bob may open');
    now += 1;
    served();
    forward({ session: bob });
  });

  it('must be let in two seconds after the workbench was shared', () => {
    now += 60_000;
    const served = () => checks.checkServed({ ...SENT, session: bob }, 404, now, GATE, true);
    served();
    checks.noteShare(share());
    now += 1999;
    served();
    now += 1;
    expect(served).toThrow('which bob may open');
  });
});
