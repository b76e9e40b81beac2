import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import type { UserVisitor } from '#core/gate/visitor.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  GateAudit,
  REFUSAL_INTERVAL_MS,
  SIGN_IN_FAILURES_MAX,
  SIGN_IN_WINDOW_MS,
} from '#gate/audit/gate-audit.ts';
import { ID, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const ADA: UserVisitor = {
  kind: 'user',
  userId: 'ada',
  admin: false,
  issuerSession: 'a-session-at-the-issuer',
  signedInAt: T0,
  expiresAt: T0 + 8 * 60 * 60_000,
} as UserVisitor;
const OTHER = '01k5w3p8xg7t2mzq4v9r6ehbnd';

function setUp(store: MemoryAuditStore = new MemoryAuditStore()) {
  const clock = new ManualClock(T0);
  const telemetry = new RecordingTelemetry();
  const open = () => new GateAudit({ audit: store, clock, telemetry });
  return { store, clock, telemetry, open, audit: open() };
}

describe('the first request of a session at a workbench', () => {
  it('is recorded once, with the user and the owner', () => {
    const { store, clock, audit } = setUp();
    for (let n = 0; n < 100; n += 1) {
      audit.noteForward(ADA, ID, 'bob');
      clock.advance(60_000);
    }
    expect(store.events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-z]{26}$/),
        at: T0,
        action: 'enter_workbench',
        outcome: 'allowed',
        actor: { kind: 'user', id: 'ada' },
        workbenchId: ID,
        ownerId: 'bob',
      },
    ]);
  });

  it('is recorded for each session and each workbench', () => {
    const { store, audit } = setUp();
    for (const visitor of [ADA, { ...ADA, signedInAt: T0 + 1 }, { ...ADA, userId: 'eve' }])
      for (const workbenchId of [ID, OTHER]) audit.noteForward(visitor, workbenchId, 'bob');
    expect(store.events).toHaveLength(6);
  });

  it('is recorded once by all processes of the gate together', () => {
    const { store, clock, audit, open } = setUp();
    audit.noteForward(ADA, ID, 'bob');
    clock.advance(90_000);
    open().noteForward(ADA, ID, 'bob');
    expect(store.events).toHaveLength(1);
  });

  it('is not recorded without a user', () => {
    const { store, audit } = setUp();
    audit.noteForward({ kind: 'open' }, ID, 'bob');
    audit.noteForward({ kind: 'none' }, ID, 'bob');
    expect(store.events).toEqual([]);
  });
});

describe('a refusal', () => {
  it('of a visitor is recorded once in a minute for each workbench and reason', () => {
    const { store, clock, audit } = setUp();
    const refuse = () => {
      audit.noteRefusal(ADA, ID, 'no_role', 'bob');
      audit.noteRefusal(ADA, OTHER, 'no_role', 'bob');
      audit.noteRefusal(ADA, ID, 'foreign_origin');
    };
    refuse();
    clock.advance(REFUSAL_INTERVAL_MS - 1);
    refuse();
    expect(store.events).toHaveLength(3);
    expect(store.events).toContainEqual(
      expect.objectContaining({ outcome: 'refused', reason: 'no_role', ownerId: 'bob', workbenchId: ID }),
    );
    clock.advance(1);
    refuse();
    expect(store.events).toHaveLength(6);
  });

  it('of a visitor who has not signed in is not recorded', () => {
    const { store, audit } = setUp();
    audit.noteRefusal({ kind: 'none' }, ID, 'foreign_origin');
    expect(store.events).toEqual([]);
  });
});

describe('failed sign-ins', () => {
  it('are recorded with their reason, up to a number in a minute', () => {
    const { store, clock, audit } = setUp();
    for (let n = 0; n < SIGN_IN_FAILURES_MAX + 5; n += 1) audit.noteSignInFailure('invalid');
    expect(store.events).toHaveLength(SIGN_IN_FAILURES_MAX);
    expect(store.events[0]).toMatchObject({
      action: 'sign_in',
      outcome: 'refused',
      actor: { kind: 'none' },
      reason: 'invalid',
    });
    clock.advance(SIGN_IN_WINDOW_MS);
    audit.noteSignInFailure('wrong_secret');
    expect(store.events.at(-1)).toMatchObject({ reason: 'wrong_secret' });
    expect(store.events).toHaveLength(SIGN_IN_FAILURES_MAX + 1);
  });
});

it('counts and logs an event that cannot be stored, and continues', async () => {
  const failing = new (class extends MemoryAuditStore {
    override async append(_event: AuditEvent): Promise<void> {
      throw new PortError('unavailable', 'table gone');
    }
  })();
  const { telemetry, audit } = setUp(failing);
  audit.noteForward(ADA, ID, 'bob');
  audit.noteRefusal(ADA, ID, 'no_role');
  await new Promise((resolve) => setImmediate(resolve));
  expect(telemetry.counts.get('audit_events_lost')).toBe(2);
  expect(telemetry.fields.get('an audit event could not be stored')).toMatchObject({ actor: 'ada' });
});
