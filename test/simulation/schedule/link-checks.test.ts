import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditAction } from '#core/audit/audit-event.ts';
import { aLink } from '#test/contracts/share-link-store.ts';
import { tokenOf } from '#test/functions/call-api.ts';
import { LinkChecks } from './link-checks.ts';
import { RequestEvents } from './request-events.ts';

const LINK = aLink({ linkId: 'l1', workbenchId: 'wb1', createdAt: 100_000 });
const EXPIRING = { ...LINK, expiresAt: 110_000, redeemableUntil: 110_000 };

let now: number;
let owner: { userId: string; since: number };
let deleted: boolean;
let events: RequestEvents;
let checks: LinkChecks;

beforeEach(() => {
  now = 100_000;
  owner = { userId: LINK.ownerId, since: 0 };
  deleted = false;
  events = new RequestEvents(() => now);
  checks = new LinkChecks({
    now: () => now,
    clockSkewMaxMs: 2000,
    events,
    ownership: () => owner,
    isDeletionRequested: () => deleted,
  });
});

function note(requestId: string, action: AuditAction = 'redeem_link', id = 'l1'): void {
  events.noteBegun(requestId);
  const actor = { kind: 'static_key' } as const;
  const subject = { kind: action === 'delete_share' ? 'user' : 'link', id } as const;
  events.note({ id: `${action} ${id}`, at: now, action, outcome: 'allowed', actor, requestId, subject });
}

function create(link = LINK): void {
  note('create', 'create_link');
  checks.checkCreated(link, 'create');
  now += 1;
}

/** What the link gives to a user. */
function give(userId: string, link = LINK, more: object = {}): void {
  note(`redeem of ${userId}`);
  const { role, expiresAt, workbenchId, ownerId, linkId } = link;
  checks.checkPut(
    {
      ...{ workbenchId, ownerId, linkId, role, createdBy: userId, createdAt: now },
      grantee: { kind: 'user', userId },
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...more,
    },
    `redeem of ${userId}`,
  );
}

function revoke(): void {
  note('revoke', 'delete_link');
  checks.checkRevoked('l1', 'revoke');
  now += 1;
}

function respond(
  operation: 'createLink' | 'deleteLink' | 'redeemLink' | 'listLinks',
  status: number,
  more = {},
): void {
  const requestId = operation === 'deleteLink' ? 'revoke' : 'r1';
  const body = { code: 'wb1.l1.secret' };
  const call = { wid: 'wb1', linkId: 'l1', authorizer: tokenOf('eve'), body, ...more };
  const response = { status, body: { item: { link_id: 'l1' }, items: [{ link_id: 'l1' }] } };
  checks.checkResponse({ requestId, operation, call, sentAt: now, response });
}

describe('a link', () => {
  it('gives no more shares than it has uses', () => {
    create();
    give('eve');
    give('judy');
    expect(() => give('trent')).toThrow('which is for 2 users and has given 3 shares');
  });

  it('counts one use of the same user while its share is in force', () => {
    create(EXPIRING);
    give('eve', EXPIRING);
    expect(() => give('eve', EXPIRING)).toThrow('counted a use, although the link had given it before');
  });

  it('gives a user another share after the first one was taken back', () => {
    create();
    give('eve');
    checks.checkDeleted('wb1', { kind: 'user', userId: 'eve' }, 'delete-share');
    give('eve');
  });

  it('gives its role until its end, and nothing else', () => {
    create(EXPIRING);
    expect(() => give('eve', EXPIRING, { expiresAt: undefined })).toThrow('until undefined, not use until');
    expect(() => give('judy', EXPIRING, { role: 'manage' })).toThrow('with the role manage');
  });

  it('gives nothing after it was revoked', () => {
    create();
    revoke();
    expect(() => give('eve')).toThrow('which was revoked 1 ms before');
    expect(() => respond('redeemLink', 200)).toThrow('which was revoked 1 ms before');
    respond('redeemLink', 404);
    expect(() => respond('listLinks', 200)).toThrow('which does not exist');
  });

  it('gives nothing after it was deleted with its workbench', () => {
    create();
    checks.noteDeletedAll('wb1');
    expect(() => give('eve')).toThrow('which was revoked');
  });

  it('gives nothing after its end by every clock', () => {
    create(EXPIRING);
    now = EXPIRING.redeemableUntil + 2000;
    respond('redeemLink', 200);
    now += 1;
    expect(() => respond('redeemLink', 200)).toThrow('which had expired 2001 ms before');
  });

  it('gives nothing to a request that was sent after the workbench got another owner', () => {
    create();
    note('redeem of eve');
    owner = { userId: 'grace', since: now + 1 };
    give('eve');
    now += 2;
    expect(() => give('judy')).toThrow('although grace owns the workbench');
    expect(() => respond('redeemLink', 200)).toThrow('although the workbench got another owner');
  });

  it('must exist with the terms that its owner has requested', () => {
    create();
    const body = { role: 'use', uses: 2 };
    respond('createLink', 200, { body });
    expect(() => respond('createLink', 200, { body: { ...body, uses: 3 } })).toThrow('with other terms');
    expect(() => respond('createLink', 200, { body: { ...body, expires_at: '2030-01-01' } })).toThrow(
      'with other terms',
    );
  });

  it('may not be refused to a user while it has uses left', () => {
    create();
    give('judy');
    expect(() => respond('redeemLink', 404)).toThrow('which can be redeemed by 1 more users');
    deleted = true;
    respond('redeemLink', 404);
    deleted = false;
    give('trent');
    respond('redeemLink', 404);
  });

  it('has exactly one audit event before each change', () => {
    expect(() => checks.checkCreated(LINK, 'r1')).toThrow('created link l1 with 0 audit events');
    expect(() => checks.checkRevoked('l1', 'r1')).toThrow('revoked link l1 with 0 audit events');
    const share = { ...LINK, grantee: { kind: 'user', userId: 'eve' } as const, createdAt: now };
    expect(() => checks.checkPut(share, 'r1')).toThrow('a share of link l1 with 0 audit events');
  });
});

describe('a revocation', () => {
  it('that is confirmed has deleted the link', () => {
    create();
    expect(() => respond('deleteLink', 200)).toThrow('is revoked, but it exists');
  });

  it('with shares leaves none that the link gave', () => {
    create();
    give('eve');
    revoke();
    respond('deleteLink', 200);
    const query = { query: 'user_id=ada&shares=true' };
    expect(() => respond('deleteLink', 200, query)).toThrow('but user:eve has one');
    checks.checkDeleted('wb1', { kind: 'user', userId: 'eve' }, 'revoke');
    respond('deleteLink', 200, query);
    expect(() => respond('deleteLink', 200)).toThrow('deleted a share, which was to stay');
  });

  it('takes back no share that the owner has written', () => {
    create();
    give('eve');
    checks.checkPut(
      { ...LINK, linkId: undefined, grantee: { kind: 'user', userId: 'eve' }, createdAt: now },
      's1',
    );
    revoke();
    expect(() => checks.checkDeleted('wb1', { kind: 'user', userId: 'eve' }, 'revoke')).toThrow(
      'deleted the share of user:eve, which its owner gave',
    );
  });
});
