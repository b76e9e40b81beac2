import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { aShare } from '#test/builders/share.ts';
import { tokenOf } from '#test/functions/call-api.ts';
import type { Operation } from './controller.ts';
import { RequestEvents } from './request-events.ts';
import { RightsChecks } from './rights-checks.ts';

const EVE = tokenOf('eve', { groups: '["lab"]' });
const SHARE = aShare({ workbenchId: 'wb1', grantee: { kind: 'user', userId: 'eve' }, role: 'use' });
const FORBIDDEN = { success: false, error: { code: 'forbidden' } };

let now: number;
let deleted: boolean;
let owner: { userId: string; since: number };
let events: RequestEvents;
let checks: RightsChecks;

beforeEach(() => {
  now = 100_000;
  deleted = false;
  owner = { userId: 'ada', since: 0 };
  events = new RequestEvents(() => now);
  checks = new RightsChecks({
    now: () => now,
    events,
    clockSkewMaxMs: 2000,
    isDeletionRequested: () => deleted,
    owners: {
      ownershipOf: () => owner,
      hasMovedSince: (_, at) => owner.since >= at,
      hasOwnedSince: (_, userId) => userId === owner.userId,
    },
  });
});

const SUBJECT = { kind: 'user', id: 'eve' } as const;

function note(
  requestId: string,
  outcome: AuditEvent['outcome'] = 'allowed',
  id = 'e1',
  subject = SUBJECT,
): void {
  const actor = { kind: 'static_key' } as const;
  events.note({ id, at: now, action: 'set_share', outcome, actor, requestId, subject });
}

function put(share = SHARE): void {
  note('set-share#1');
  checks.checkPut(share, 'set-share#1');
}

/** The response to a request of eve. */
function respond(operation: Operation, status: number, body: object = {}): void {
  const requestId = `${operation}#2`;
  if (status === 200 && operation !== 'read' && operation !== 'listShares') note(requestId);
  if (status === 403) note(requestId, 'refused');
  const call = { wid: 'wb1', authorizer: EVE };
  checks.checkResponse({ requestId, operation, call, sentAt: now, response: { status, body } });
}

describe('a request of a guest', () => {
  it('may do what the role includes, and nothing else', () => {
    put();
    now += 6000;
    respond('read', 200);
    respond('stop', 403, FORBIDDEN);
    expect(() => respond('stop', 200)).toThrow('which no share has allowed for five seconds');
  });

  it('may not be refused what a share has allowed for five seconds', () => {
    put();
    respond('read', 404);
    now += 6000;
    expect(() => respond('read', 404)).toThrow('although a share has allowed it for five seconds');
    deleted = true;
    respond('read', 404);
  });

  it('may not succeed more than five seconds after the share was taken back', () => {
    put();
    note('delete-share#1');
    checks.checkDeleted('wb1', SHARE.grantee, 'delete-share#1');
    now += 5000;
    respond('read', 200);
    now += 1;
    expect(() => respond('read', 200)).toThrow('"read" of workbench wb1');
  });

  it('may not succeed after the share has expired by every clock', () => {
    put({ ...SHARE, expiresAt: now + 10_000 });
    now += 17_000;
    respond('read', 200);
    now += 1;
    expect(() => respond('read', 200)).toThrow('which no share has allowed');
  });

  it('of the owner is never refused, and of an earlier owner not accepted', () => {
    owner = { userId: 'eve', since: now - 1 };
    respond('listShares', 200);
    expect(() => respond('listShares', 404)).toThrow('although eve owns it');
    owner = { userId: 'grace', since: now - 1 };
    respond('listShares', 404);
    expect(() => respond('listShares', 200)).toThrow('which no share has allowed for five seconds');
  });

  it('may be refused while the workbench gets another owner, and not afterwards', () => {
    put();
    now += 6000;
    owner = { userId: 'grace', since: now };
    respond('read', 404);
    now += 1;
    expect(() => respond('read', 404)).toThrow('although a share has allowed it');
  });

  it('has the role of a group only by the groups of the token', () => {
    put({ ...SHARE, grantee: { kind: 'user', userId: 'lab' } });
    expect(() => respond('read', 200)).toThrow('which no share has allowed');
    checks.checkPut({ ...SHARE, grantee: { kind: 'group', group: 'lab' } }, 'set-share#1');
    respond('read', 200);
  });
});

describe('a change of rights', () => {
  it('has exactly one audit event before it takes effect', () => {
    expect(() => checks.checkPut(SHARE, 'set-share#1')).toThrow('with 0 audit events before it');
    put();
    note('set-share#1', 'allowed', 'e2');
    expect(() => checks.checkPut(SHARE, 'set-share#1')).toThrow('with 2 audit events before it');
  });

  it('takes effect within 42 seconds after its request was sent, or not at all', () => {
    events.noteBegun('set-share#1');
    now += 42_000;
    put();
    now += 1;
    expect(() => checks.checkPut(SHARE, 'set-share#1')).toThrow('42.001 s after the request was sent');
  });

  it('deletes all shares of a workbench only with the workbench', () => {
    expect(() => checks.checkDeletedAll('wb1')).toThrow('were deleted, but not the workbench');
    deleted = true;
    checks.checkDeletedAll('wb1');
  });

  it('has taken effect as requested when a response confirms it', () => {
    put();
    const call = { wid: 'wb1', grantee: 'user:eve', body: { role: 'manage' } };
    const apiCall = { requestId: 'set-share#1', operation: 'setShare' as const, call, sentAt: now };
    expect(() => checks.checkResponse({ ...apiCall, response: { status: 200, body: {} } })).toThrow(
      'has not written manage for user:eve',
    );
    note('delete-share#3');
    const removal = { requestId: 'delete-share#3', operation: 'deleteShare' as const, call, sentAt: now };
    expect(() => checks.checkResponse({ ...removal, response: { status: 200, body: {} } })).toThrow(
      'has not deleted the share of user:eve',
    );
  });

  it('has an event for each move to another owner', () => {
    const moved = { workbenchId: 'wb1', userId: 'eve' } as Workbench;
    expect(() => checks.checkMoved(moved)).toThrow('was moved to eve without an audit event');
  });
});

describe('an act', () => {
  const stopped = { operation: 'stop' as const, call: { wid: 'wb1' }, response: { status: 200, body: {} } };

  it('for another user has one event, unless the function has reported that it was lost', () => {
    const apiCall = { ...stopped, requestId: 'stop#1', sentAt: now };
    expect(() => checks.checkResponse(apiCall)).toThrow('stored 0 audit events of what it did, not 1');
    events.noteLost('stop#1');
    checks.checkResponse(apiCall);
    note('stop#1');
    note('stop#1', 'allowed', 'e2');
    expect(() => checks.checkResponse(apiCall)).toThrow('stored 2 audit events');
  });

  it('that is refused has one event of the refusal', () => {
    const response = { status: 403, body: FORBIDDEN };
    expect(() => checks.checkResponse({ ...stopped, response, requestId: 'stop#1', sentAt: now })).toThrow(
      'no audit event of the refusal',
    );
  });
});
