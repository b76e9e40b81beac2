import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { toAdminApiHandler, toApiHandler, toUserApiHandler } from '#functions/middleware/api-handler.ts';
import type { EndpointResult } from '#functions/middleware/gateway.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { call, gatewayEvent, settingsWith, tokenOf } from '../call-api.ts';

const clock = new ManualClock();

function handlerOf(result: EndpointResult) {
  return toApiHandler({ telemetry: new RecordingTelemetry() }, async () => result);
}

function failingHandler(error: unknown, telemetry: Telemetry = new RecordingTelemetry()) {
  return toApiHandler({ telemetry }, async () => {
    throw error;
  });
}

describe('every response', () => {
  it('has the headers of a response for one user', async () => {
    const handler = handlerOf({ status: 201, body: { success: true }, headers: { location: '/x' } });
    const expected = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'request-1',
    };
    expect(await call(handler)).toEqual({
      status: 201,
      headers: { ...expected, location: '/x' },
      body: { success: true },
    });
    expect((await call(failingHandler(new Error('x')))).headers).toEqual(expected);
  });

  it('has the request id `unknown` if the event has none that can be printed', async () => {
    const event = gatewayEvent({});
    const handler = handlerOf({ status: 200, body: {} });
    for (const requestId of ['', 'two\r\nlines', 'x'.repeat(129)]) {
      const withoutId = { ...event, requestContext: { ...event.requestContext, requestId } };
      expect((await handler(withoutId, {} as Context)).headers['x-request-id']).toBe('unknown');
    }
  });
});

describe('an error', () => {
  it('becomes the error body of the contract', async () => {
    const error = new WorkbenchError('forbidden', 'No.', { reason: 'user_mismatch', detail: 'inner' });
    expect(await call(failingHandler(error))).toMatchObject({ status: 403 });
    expect((await call(failingHandler(error))).body).toEqual({
      success: false,
      error: { code: 'forbidden', message: 'No.', reason: 'user_mismatch' },
    });
  });

  it.each([
    [new WorkbenchError('unavailable', 'Later.'), 503, '2'],
    [new WorkbenchError('unavailable', 'Later.', { retryAfterSeconds: 7 }), 503, '7'],
    [new WorkbenchError('too_many_requests', 'Slower.'), 429, '2'],
    [new PortError('throttled', 'table busy'), 503, '2'],
    [new PortError('unavailable', 'table gone'), 503, '2'],
    [new PortError('no_space', 'disk full'), 503, '30'],
    [new WorkbenchError('deleting', 'Gone soon.'), 409, undefined],
  ])('has Retry-After if it is transient (%s)', async (error, status, retryAfter) => {
    const response = await call(failingHandler(error));
    expect(response.status).toBe(status);
    expect(response.headers['retry-after']).toBe(retryAfter);
  });

  it('names the reason if there is no space', async () => {
    const response = await call(failingHandler(new PortError('no_space', 'internal secret')));
    const message =
      'The controller has no space to store this. Tell the operator; try again when there is space.';
    expect(response.body).toEqual({
      success: false,
      error: { code: 'unavailable', reason: 'no_space', message },
    });
  });

  it.each([
    new Error('internal secret'),
    new WorkbenchError('internal', 'internal secret', { detail: 'internal secret' }),
    new PortError('unavailable', 'internal secret'),
    'internal secret',
    undefined,
    null,
  ])('shows the client nothing of an internal cause (%s)', async (error) => {
    const response = await call(failingHandler(error));
    expect([500, 503]).toContain(response.status);
    expect(JSON.stringify(response)).not.toContain('secret');
  });

  it('without a code has the request id in the response and in the log', async () => {
    const lines: unknown[] = [];
    const telemetry: Telemetry = {
      ...new RecordingTelemetry(),
      count: () => {},
      error: (...line) => lines.push(line),
      info: () => {},
      warn: () => {},
    };
    const error = new TypeError('x is not a function');
    const response = await call(failingHandler(error, telemetry));
    expect(response.body.error.message).toContain('request-1');
    expect(lines).toEqual([
      ['request failed', expect.objectContaining({ requestId: 'request-1', code: 'internal' }), error],
    ]);
  });

  it('is counted by its code', async () => {
    const telemetry = new RecordingTelemetry();
    await call(failingHandler(new WorkbenchError('deleting', ''), telemetry));
    expect(telemetry.countsBy.get('api_error.deleting')).toBe(1);
    expect(telemetry.lines).toEqual([]);
  });

  it('503 is returned before Lambda would terminate the function', async () => {
    const slow = toApiHandler({ telemetry: new RecordingTelemetry() }, () => new Promise(() => {}));
    const context = { getRemainingTimeInMillis: () => 510 } as Context;
    expect(await slow(gatewayEvent({}), context)).toMatchObject({ statusCode: 503 });
  });
});

describe('the acting user', () => {
  function whoami(env: Readonly<Record<string, string>> = {}) {
    const open = env.RESTAPI_AUTH === 'none' ? { RESTAPI_AUTH_STATIC_KEY: '' } : {};
    const settings = settingsWith({ ...env, ...open });
    return toUserApiHandler(
      { clock, telemetry: new RecordingTelemetry(), audit: new MemoryAuditStore() },
      settings,
      {},
      async ({ userId, by }) => ({ status: 200, body: { userId, by } }),
    );
  }

  it('is refused without a valid context of the authorizer', async () => {
    for (const authorizer of [undefined, {}, { kind: 'open' }, { kind: 'root' }, { kind: 'token' }]) {
      const response = await call(whoami(), { query: 'user_id=ada', authorizer: authorizer as never });
      expect(response).toMatchObject({ status: 403, body: { error: { reason: 'not_authorized' } } });
    }
  });

  it('is any user, and required, with RESTAPI_AUTH=none', async () => {
    const open = whoami({ RESTAPI_AUTH: 'none' });
    expect((await call(open, { query: 'user_id=ada', authorizer: undefined })).body.userId).toBe('ada');
    expect((await call(open, { authorizer: undefined })).body.error.fields).toHaveProperty('user_id');
  });

  it('is any user with the static key', async () => {
    expect((await call(whoami(), { query: 'user_id=a+b%2Bc' })).body.userId).toBe('a b+c');
    expect((await call(whoami(), {})).status).toBe(400);
  });

  it("is the token's user, whether user_id is given or not", async () => {
    const authorizer = tokenOf('ada');
    expect((await call(whoami(), { authorizer })).body).toEqual({ userId: 'ada', by: 'ada' });
    expect((await call(whoami(), { authorizer, query: 'user_id=ada' })).body.userId).toBe('ada');
    expect(await call(whoami(), { authorizer, query: 'user_id=bob' })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', reason: 'user_mismatch' } },
    });
  });

  it('is any user with the admin scope that is set', async () => {
    const authorizer = tokenOf('ada', { scopes: 'openid workbench:admin' });
    expect((await call(whoami(), { authorizer, query: 'user_id=bob' })).body).toEqual({
      userId: 'bob',
      by: 'ada',
    });
    const other = whoami({ RESTAPI_ADMIN_SCOPE: 'boss' });
    expect((await call(other, { authorizer, query: 'user_id=bob' })).status).toBe(403);
  });

  it('is any user with a token of a service without a user claim', async () => {
    const authorizer = tokenOf(undefined, { service: 'true', client_id: 'batch' });
    expect((await call(whoami(), { authorizer, query: 'user_id=bob' })).body.userId).toBe('bob');
    expect((await call(whoami(), { authorizer })).status).toBe(400);
  });

  it('is refused with a token without a user claim of another client', async () => {
    const response = await call(whoami(), { authorizer: tokenOf(undefined), query: 'user_id=bob' });
    expect(response).toMatchObject({ status: 403, body: { error: { reason: 'no_user_claim' } } });
  });

  it('is refused with a token that has expired since the authorizer verified it', async () => {
    const at = clock.now() / 1000;
    const valid = tokenOf('ada', { expires_at: String(at + 1) });
    expect((await call(whoami(), { authorizer: valid })).status).toBe(200);
    const response = await call(whoami(), { authorizer: tokenOf('ada', { expires_at: String(at) }) });
    expect(response).toMatchObject({ status: 403, body: { error: { reason: 'token_expired' } } });
  });

  it.each([
    'user_id=',
    'user_id',
    'user_id=a&user_id=a',
    'user_id=ada&user_id=',
    'user_id=%ff',
    'user_id=%00',
    'user_id=a%0Ab',
    'user_id=%C2%85',
    `user_id=${'x'.repeat(97)}`,
    `user_id=${'%C3%A4'.repeat(49)}`,
  ])('is 400 for %s, with any kind of authorization', async (query) => {
    for (const authorizer of [{ kind: 'static_key' }, tokenOf('ada')]) {
      const response = await call(whoami(), { query, authorizer });
      expect(response.status).toBe(400);
      expect(response.body.error.fields).toHaveProperty('user_id');
    }
  });
});

describe('an endpoint for operators', () => {
  const handler = toAdminApiHandler(
    { clock, telemetry: new RecordingTelemetry(), audit: new MemoryAuditStore() },
    settingsWith(),
    async () => ({
      status: 200,
      body: {},
    }),
  );

  it('requires authorization, then the admin scope', async () => {
    expect(await call(handler, { authorizer: undefined })).toMatchObject({
      status: 403,
      body: { error: { reason: 'not_authorized' } },
    });
    expect(await call(handler, { authorizer: tokenOf('ada') })).toMatchObject({
      status: 403,
      body: { error: { reason: 'admin_required' } },
    });
    const admin = tokenOf('ada', { scopes: 'workbench:admin' });
    expect((await call(handler, { authorizer: admin })).status).toBe(200);
  });
});
