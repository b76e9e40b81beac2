import { createHmac, randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { createTicketSecret } from '#adapters/ticket-secret.ts';
import { ROUTES } from '#contract/routes.ts';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import { WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import { PortError, type PortErrorKind } from '#core/ports/port-error.ts';
import {
  type AuditedRequest,
  toAdminApiHandler,
  toUserApiHandler,
} from '#functions/middleware/api-handler.ts';
import { jsonBodyOf } from '#functions/middleware/json-body.ts';
import { parseWorkbenchId } from '#functions/middleware/parse-request.ts';
import { RequestAudit } from '#functions/middleware/request-audit.ts';
import { ID } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';
import { type Call, call, gatewayEvent, settingsWith, tokenOf } from '../call-api.ts';

const START = 'POST /workbenches/{wid}/start';
const READ = 'GET /workbenches/{wid}';
const OPEN = 'POST /workbenches/{wid}/open';
const ADMIN = tokenOf('root', { scopes: 'workbench:admin' });

interface SetUp {
  readonly audit?: MemoryAuditStore;
  readonly act?: (request: AuditedRequest) => Promise<void>;
}

/** An endpoint for users behind the middleware, and the store of its events. */
function setUp({ audit = new MemoryAuditStore(), act = async () => {} }: SetUp = {}) {
  const telemetry = new RecordingTelemetry();
  const clock = new ManualClock();
  const settings = settingsWith({ RESTAPI_ADMIN_SCOPE: 'workbench:admin' });
  const parsers = { workbenchId: parseWorkbenchId };
  const handler = toUserApiHandler({ clock, telemetry, audit }, settings, parsers, async (request) => {
    await act(request);
    return { status: 200, body: { success: true } };
  });
  const send = (request: Call = {}) => call(handler, { wid: ID, ...request });
  return { audit, telemetry, clock, settings, send };
}

/** A store in which no event can be stored. */
class FailingAuditStore extends MemoryAuditStore {
  readonly kind: PortErrorKind;
  attempts = 0;
  constructor(kind: PortErrorKind = 'unavailable') {
    super();
    this.kind = kind;
  }
  override async append(_event: AuditEvent): Promise<void> {
    this.attempts += 1;
    throw new PortError(this.kind, 'table gone');
  }
}

describe('an allowed request', () => {
  it('of an administrator for another user is recorded with both, the workbench and the request', async () => {
    const { audit, clock, send } = setUp({ act: async (request) => request.audit.note({ ownerId: 'ada' }) });
    await send({ route: `POST /api/v1/workbenches/{wid}/start`, authorizer: ADMIN, query: 'user_id=ada' });
    expect(audit.events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-z]{26}$/),
        at: clock.now(),
        action: 'start_workbench',
        outcome: 'allowed',
        actor: { kind: 'user', id: 'root' },
        onBehalfOf: 'ada',
        ownerId: 'ada',
        workbenchId: ID,
        requestId: 'request-1',
      },
    ]);
  });

  it.each([
    ['the trusted backend for a user', { query: 'user_id=ada' }, { kind: 'static_key' }, 'ada'],
    [
      'a service for a user',
      { authorizer: tokenOf(undefined, { service: 'true', client_id: 'portal' }), query: 'user_id=ada' },
      { kind: 'client', id: 'portal' },
      'ada',
    ],
  ] as const)('of %s is recorded', async (_, request, actor, onBehalfOf) => {
    const { audit, send } = setUp();
    await send({ route: START, ...request });
    expect(audit.events).toEqual([expect.objectContaining({ actor, onBehalfOf, outcome: 'allowed' })]);
  });

  it('of an owner is not recorded, but their opening is', async () => {
    const { audit, send } = setUp({ act: async (request) => request.audit.note({ ownerId: 'ada' }) });
    const authorizer = tokenOf('ada');
    await send({ route: START, authorizer });
    expect(audit.events).toEqual([]);
    await send({ route: OPEN, authorizer });
    expect(audit.events).toEqual([expect.objectContaining({ action: 'open_workbench', ownerId: 'ada' })]);
    expect(audit.events[0]).not.toHaveProperty('onBehalfOf');
  });

  it('on the workbench of another user is recorded', async () => {
    const { audit, send } = setUp({ act: async (request) => request.audit.note({ ownerId: 'bob' }) });
    await send({ route: START, authorizer: tokenOf('ada') });
    expect(audit.events).toEqual([
      expect.objectContaining({ ownerId: 'bob', actor: { kind: 'user', id: 'ada' } }),
    ]);
  });

  it('that polls is not recorded for any sender', async () => {
    const { audit, send } = setUp();
    await send({ route: READ, query: 'user_id=ada' });
    await send({ route: READ, authorizer: ADMIN, query: 'user_id=ada' });
    expect(audit.events).toEqual([]);
  });

  it('succeeds if its event cannot be stored, which is counted and logged', async () => {
    const { telemetry, send } = setUp({ audit: new FailingAuditStore() });
    expect(await send({ route: START, query: 'user_id=ada' })).toMatchObject({ status: 200 });
    expect(telemetry.counts.get('audit_events_lost')).toBe(1);
    expect(telemetry.fields.get('an audit event could not be stored')).toMatchObject({
      action: 'start_workbench',
      onBehalfOf: 'ada',
    });
  });
});

describe('a refused request', () => {
  it.each([
    [
      'user_mismatch',
      { authorizer: tokenOf('eve'), query: 'user_id=ada' },
      { kind: 'user', id: 'eve' },
      'ada',
    ],
    [
      'token_expired',
      { authorizer: tokenOf('eve', { expires_at: '1' }) },
      { kind: 'user', id: 'eve' },
      undefined,
    ],
    ['no_user_claim', { authorizer: tokenOf(undefined) }, { kind: 'client' }, undefined],
    ['not_authorized', { authorizer: undefined }, { kind: 'none' }, undefined],
  ] as const)('for %s is recorded, also a read', async (reason, request, actor, onBehalfOf) => {
    const { audit, send } = setUp();
    expect(await send({ route: READ, ...request })).toMatchObject({ status: 403 });
    const [event] = audit.events;
    expect(event).toMatchObject({
      action: 'read_workbench',
      outcome: 'refused',
      reason,
      actor,
      workbenchId: ID,
    });
    expect(event?.onBehalfOf).toBe(onBehalfOf);
    expect(audit.events).toHaveLength(1);
  });

  it('by the endpoint itself is recorded with what it knows', async () => {
    const { audit, send } = setUp({
      act: async (request) => {
        request.audit.note({ ownerId: 'bob' });
        throw new WorkbenchError('forbidden', 'No.', { reason: 'role_insufficient' });
      },
    });
    await send({ route: START, authorizer: tokenOf('ada') });
    expect(audit.events).toEqual([
      expect.objectContaining({ outcome: 'refused', reason: 'role_insufficient', ownerId: 'bob' }),
    ]);
  });

  it('behind a 404 that hides a workbench is recorded; the 404 of an unknown workbench is not', async () => {
    const hidden = setUp({
      act: async (request) => {
        request.audit.note({ ownerId: 'bob' });
        request.audit.noteHidden('no_role');
        throw workbenchNotFound();
      },
    });
    await hidden.send({ route: READ, authorizer: tokenOf('ada') });
    expect(hidden.audit.events).toEqual([
      expect.objectContaining({ outcome: 'refused', reason: 'no_role', ownerId: 'bob' }),
    ]);
    const unknown = setUp({
      act: async () => {
        throw workbenchNotFound();
      },
    });
    await unknown.send({ route: START, query: 'user_id=ada' });
    expect(unknown.audit.events).toEqual([]);
  });

  it('of an operator route is recorded', async () => {
    const { audit, telemetry, clock, settings } = setUp();
    const handler = toAdminApiHandler({ clock, telemetry, audit }, settings, async () => ({
      status: 200,
      body: {},
    }));
    await call(handler, { route: 'GET /reports/reconcile', authorizer: tokenOf('eve') });
    expect(audit.events).toEqual([
      expect.objectContaining({ action: 'read_reports', outcome: 'refused', reason: 'admin_required' }),
    ]);
  });

  it('is still refused with 403 if its event cannot be stored', async () => {
    const { telemetry, send } = setUp({ audit: new FailingAuditStore('throttled') });
    expect(await send({ route: READ, authorizer: undefined })).toMatchObject({ status: 403 });
    expect(telemetry.counts.get('audit_events_lost')).toBe(1);
  });
});

describe('an act for another user that ends with an error', () => {
  it('is recorded as failed if it may have had an effect, and not if the request was wrong', async () => {
    const failing = setUp({
      act: async () => {
        throw new PortError('unavailable', 'timeout');
      },
    });
    expect(await failing.send({ route: START, query: 'user_id=ada' })).toMatchObject({ status: 503 });
    expect(failing.audit.events).toEqual([
      expect.objectContaining({ outcome: 'failed', reason: 'internal', onBehalfOf: 'ada' }),
    ]);
    const wrong = setUp({
      act: async () => {
        throw new WorkbenchError('deleting', 'Too late.');
      },
    });
    await wrong.send({ route: START, query: 'user_id=ada' });
    expect(wrong.audit.events).toEqual([]);
  });
});

describe('a change of rights', () => {
  const event = () =>
    gatewayEvent({ route: 'POST /workbenches/{wid}/start', wid: ID, authorizer: tokenOf('ada') });
  const open = (audit: MemoryAuditStore) => {
    const ports = { clock: new ManualClock(), telemetry: new RecordingTelemetry(), audit };
    return new RequestAudit(ports, event(), 'request-1', { isOpen: false, isForUser: true });
  };
  const share = { ownerId: 'ada', subject: { kind: 'user', id: 'bob' }, detail: { role: 'use' } } as const;

  it('is stored before it takes effect', async () => {
    const audit = new MemoryAuditStore();
    let before: readonly AuditEvent[] = [];
    const { send } = setUp({
      audit,
      act: async (request) => {
        await request.audit.recordChange(share, 'set_share');
        before = audit.events;
      },
    });
    expect(await send({ route: START, authorizer: tokenOf('ada') })).toMatchObject({ status: 200 });
    expect(before).toEqual([
      expect.objectContaining({ ...share, action: 'set_share', outcome: 'allowed', workbenchId: ID }),
    ]);
    expect(audit.events).toEqual(before);
  });

  it.each([
    ['unavailable', 'audit_unavailable'],
    ['throttled', 'audit_unavailable'],
    ['no_space', 'no_space'],
  ] as const)('is refused with 503 and not made if the store is %s', async (kind, reason) => {
    const audit = new FailingAuditStore(kind);
    let isMade = false;
    const { send } = setUp({
      audit,
      act: async (request) => {
        await request.audit.recordChange(share, 'set_share');
        isMade = true;
      },
    });
    const response = await send({ route: START, authorizer: tokenOf('ada') });
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable', reason } } });
    expect(isMade).toBe(false);
  });

  it('is not made by a function that was frozen for 30 seconds', async () => {
    let isMade = false;
    const { audit, clock, send } = setUp({
      act: async (request) => {
        clock.advance(30_000);
        await request.audit.recordChange(share, 'set_share');
        isMade = true;
      },
    });
    const response = await send({ route: START, authorizer: tokenOf('ada') });
    expect(response).toMatchObject({ status: 503, body: { error: { reason: 'timeout' } } });
    expect(isMade).toBe(false);
    expect(audit.events.map(({ outcome }) => outcome)).toEqual(['allowed', 'failed']);
  });

  it('is recorded again by a request that repeats it, even if the change is already made', async () => {
    let shares = 0;
    const { audit, clock, send } = setUp({
      act: async (request) => {
        await request.audit.recordChange(share, 'set_share');
        shares = 1;
        throw new PortError('unavailable', 'the response was lost');
      },
    });
    await send({ route: START, authorizer: tokenOf('ada') });
    clock.advance(1_000);
    await send({ route: START, authorizer: tokenOf('ada') });
    expect(shares).toBe(1);
    expect(audit.events.map(({ outcome }) => outcome)).toEqual(['allowed', 'failed', 'allowed', 'failed']);
  });

  it('has the same id when its event is appended again within the request, and another one otherwise', async () => {
    const audit = new MemoryAuditStore();
    await open(audit).recordChange(share, 'set_share');
    await open(audit).recordChange(share, 'set_share');
    expect(audit.events).toHaveLength(1);
    const both = open(audit);
    await both.recordChange(share, 'set_share');
    await both.recordChange(share, 'set_share');
    expect(audit.events).toHaveLength(2);
  });
});

describe('no event', () => {
  /** A JWT as an issuer signs it. */
  const jwt = () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: randomBytes(3).toString('hex') })}`;
    return `${signed}.${createHmac('sha256', 'key').update(signed).digest('base64url')}`;
  };
  const place = fc.constantFrom('user_id', 'query', 'path', 'body', 'header', 'cookie', 'client');
  const route = fc.constantFrom(...ROUTES.filter(({ access }) => access !== 'public'));
  const outcome = fc.constantFrom('success', 'forbidden', 'error', 'hidden', 'change');

  /** Copies its body and its parameters into the event, as far as the types allow. */
  const endpointOf =
    (how: string, secret: string) =>
    async ({ audit }: AuditedRequest) => {
      audit.note({ subject: { kind: 'group', id: secret }, detail: { role: secret } });
      if (how === 'change') await audit.recordChange({ subject: { kind: 'user', id: secret } }, 'set_share');
      if (how === 'hidden') {
        audit.noteHidden('no_role');
        throw workbenchNotFound();
      }
      if (how === 'forbidden')
        throw new WorkbenchError('forbidden', secret, { reason: 'refused', detail: secret });
      if (how === 'error') throw new Error(secret);
    };

  it('contains a token or a credential of its request, in any field', async () => {
    const secrets = [jwt, createTicketSecret, () => randomBytes(24).toString('hex')] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...secrets),
        fc.uniqueArray(place, { minLength: 1 }),
        route,
        outcome,
        async (makeSecret, places, { method, path }, how) => {
          const secret = makeSecret();
          const at = (name: (typeof places)[number]) => places.includes(name);
          const audit = new MemoryAuditStore();
          const ports = { clock: new ManualClock(), telemetry: new RecordingTelemetry(), audit };
          const parsers = { body: jsonBodyOf(z.looseObject({})) };
          const handler = toUserApiHandler(ports, settingsWith(), parsers, endpointOf(how, secret) as never);
          const event = gatewayEvent({
            route: `${method} ${path}`,
            wid: at('path') ? secret : ID,
            // With the static key of the backend; a client may send its key in any other place as well.
            headers: { authorization: `Bearer ${secret}`, ...(at('header') ? { 'x-user': secret } : {}) },
            query: `user_id=${at('user_id') ? secret : 'ada'}${at('query') ? `&cursor=${secret}` : ''}`,
            body: at('body') ? { name: secret, [secret]: secret } : {},
            authorizer: at('client') ? tokenOf('ada', { client_id: secret }) : { kind: 'static_key' },
          });
          if (at('cookie')) event.cookies = [`session=${secret}`];
          await handler(event, {} as Context);
          expect(audit.storedText).not.toContain(secret);
        },
      ),
      propertyRuns(100),
    );
  });
});
