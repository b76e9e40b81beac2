import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  AUDIT_ACTIONS,
  AUDIT_EVENT_MAX_BYTES,
  auditEventSchema,
  buildAuditEvent,
  DETAIL_NAMES,
  type NewAuditEvent,
  REMOVED,
  usersOfEvent,
} from '#core/audit/audit-event.ts';
import { anyCodePoint } from '#test/builders/any-code-point.ts';
import { T0 } from '#test/builders/workbench.ts';

const EVENT: NewAuditEvent = {
  id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  at: T0,
  action: 'set_share',
  outcome: 'allowed',
  actor: { kind: 'user', id: 'ada' },
};

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.${'s'.repeat(43)}`;

describe('buildAuditEvent', () => {
  it('keeps an event of at most AUDIT_EVENT_MAX_BYTES with any texts', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCodePoint(), maxLength: 300 }),
      fc.constantFrom(
        '😀'.repeat(500),
        '"'.repeat(2_000),
        '\\'.repeat(2_000),
        '\u0001'.repeat(2_000),
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(text, (value) => {
        const event = buildAuditEvent({
          ...EVENT,
          actor: { kind: 'client', id: value },
          onBehalfOf: value,
          workbenchId: value,
          ownerId: value,
          subject: { kind: 'group', id: value },
          reason: value,
          requestId: value,
          detail: Object.fromEntries(DETAIL_NAMES.map((name) => [name, value])),
        });
        const stored = JSON.stringify(event);
        expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(AUDIT_EVENT_MAX_BYTES);
        expect(stored).not.toMatch(/\p{Cc}|\\u/u);
        expect(auditEventSchema.parse(JSON.parse(stored))).toEqual(event);
      }),
    );
  });

  it('leaves out what is absent, and names that are not in the list of details', () => {
    const detail = { role: undefined, uses: 0, token: 'x' } as NewAuditEvent['detail'];
    expect(buildAuditEvent({ ...EVENT, detail, ownerId: undefined })).toEqual({
      ...EVENT,
      detail: { uses: 0 },
    });
  });

  it('removes a text that contains a token or a credential of the request', () => {
    const key = 'static-key-of-the-backend';
    for (const value of [JWT, `user ${JWT}`, 'Bearer abcdefghijklmnop', key, `a${key}b`]) {
      const event = buildAuditEvent(
        { ...EVENT, onBehalfOf: value, subject: { kind: 'user', id: value }, detail: { role: value } },
        [key],
      );
      expect(event).toMatchObject({
        onBehalfOf: REMOVED,
        subject: { id: REMOVED },
        detail: { role: REMOVED },
      });
    }
  });

  it('keeps names that a credential of a few characters could contain by chance', () => {
    expect(buildAuditEvent({ ...EVENT, onBehalfOf: 'adam' }, ['ada', '']).onBehalfOf).toBe('adam');
  });
});

describe('auditEventSchema', () => {
  it('reads values of closed lists that it does not know, and encodes them as they were', () => {
    const stored = {
      ...EVENT,
      action: 'later_action',
      outcome: 'later_outcome',
      actor: { kind: 'robot', id: 'r2' },
      subject: { kind: 'floor', id: '1' },
      added: 1,
    };
    const event = auditEventSchema.parse(stored);
    expect(event).toMatchObject({
      action: 'unknown',
      outcome: 'unknown',
      actor: { kind: 'unknown', id: 'r2' },
      subject: { kind: 'unknown' },
    });
    expect(z.encode(auditEventSchema, event)).toEqual(stored);
  });
});

describe('usersOfEvent', () => {
  it('names each user once: the actor, the one acted for, the owner and the subject', () => {
    const event = buildAuditEvent({
      ...EVENT,
      onBehalfOf: 'bob',
      ownerId: 'bob',
      subject: { kind: 'user', id: 'eve' },
    });
    expect(usersOfEvent(event)).toEqual(['ada', 'bob', 'eve']);
  });

  it('does not take a client or a group for a user', () => {
    const event = buildAuditEvent({
      ...EVENT,
      actor: { kind: 'client', id: 'ada' },
      subject: { kind: 'group', id: 'bob' },
    });
    expect(usersOfEvent(event)).toEqual([]);
  });
});

describe('AUDIT_ACTIONS', () => {
  it('has each action once, as generators of clients expect of a list of values', () => {
    expect(AUDIT_ACTIONS.filter((action, index) => AUDIT_ACTIONS.indexOf(action) !== index)).toEqual([]);
  });
});
