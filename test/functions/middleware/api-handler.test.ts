import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { publicApi, toApiHandler, userApi } from '#functions/middleware/api-handler.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { call, gatewayEvent, settingsWith, tokenOf } from '../call-api.ts';

const clock = new ManualClock();

function failingHandler(error: unknown, telemetry: Telemetry = new RecordingTelemetry()) {
  return toApiHandler(publicApi({ telemetry }), async () => {
    throw error;
  });
}

describe('every answer', () => {
  it('carries the headers that an answer for one user needs', async () => {
    const done = toApiHandler(publicApi({ telemetry: new RecordingTelemetry() }), async () => ({
      status: 201,
      body: { success: true },
      headers: { location: '/x' },
    }));
    const expected = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'request-1',
    };
    expect(await call(done)).toEqual({
      status: 201,
      headers: { ...expected, location: '/x' },
      body: { success: true },
    });
    expect((await call(failingHandler(new Error('x')))).headers).toEqual(expected);
  });

  it('names a request that came without an id', async () => {
    const event = gatewayEvent({});
    const done = toApiHandler(publicApi({ telemetry: new RecordingTelemetry() }), async () => ({
      status: 200,
      body: {},
    }));
    for (const requestId of ['', 'two\r\nlines', 'x'.repeat(129)]) {
      const odd = { ...event, requestContext: { ...event.requestContext, requestId } };
      expect((await done(odd, {} as Context)).headers['x-request-id']).toBe('unknown');
    }
  });
});

describe('an error', () => {
  it('is answered as the contract has it', async () => {
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
    [new WorkbenchError('deleting', 'Gone soon.'), 409, undefined],
  ])('that passes by itself says when to come back (%s)', async (error, status, retryAfter) => {
    const answered = await call(failingHandler(error));
    expect(answered.status).toBe(status);
    expect(answered.headers['retry-after']).toBe(retryAfter);
  });

  it.each([
    new Error('secret of the inside'),
    new WorkbenchError('internal', 'secret of the inside', { detail: 'secret of the inside' }),
    new PortError('unavailable', 'secret of the inside'),
    'secret of the inside',
    undefined,
    null,
  ])('of ours shows nothing of the inside (%s)', async (error) => {
    const answered = await call(failingHandler(error));
    expect([500, 503]).toContain(answered.status);
    expect(JSON.stringify(answered)).not.toContain('secret');
  });

  it('that nobody foresaw names the request, in the answer and in the log', async () => {
    const lines: unknown[] = [];
    const telemetry: Telemetry = {
      ...new RecordingTelemetry(),
      count: () => {},
      error: (...line) => lines.push(line),
      info: () => {},
      warn: () => {},
    };
    const error = new TypeError('x is not a function');
    const answered = await call(failingHandler(error, telemetry));
    expect(answered.body.error.message).toContain('request-1');
    expect(lines).toEqual([
      ['a request failed', expect.objectContaining({ requestId: 'request-1', code: 'internal' }), error],
    ]);
  });

  it('is counted by its code', async () => {
    const telemetry = new RecordingTelemetry();
    await call(failingHandler(new WorkbenchError('deleting', ''), telemetry));
    expect(telemetry.counts.get('api_error')).toBe(1);
    expect(telemetry.lines).toEqual([]);
  });

  it('comes as 503 before Lambda would end the function without an answer', async () => {
    const slow = toApiHandler(
      publicApi({ telemetry: new RecordingTelemetry() }),
      () => new Promise(() => {}),
    );
    const context = { getRemainingTimeInMillis: () => 510 } as Context;
    expect(await slow(gatewayEvent({}), context)).toMatchObject({ statusCode: 503 });
  });
});

describe('who asks, and for whom', () => {
  function whoami(env: Readonly<Record<string, string>> = {}) {
    const open = env.RESTAPI_AUTH === 'none' ? { RESTAPI_AUTH_STATIC_KEY: '' } : {};
    const settings = settingsWith({ ...env, ...open });
    return toApiHandler(
      userApi({ clock, telemetry: new RecordingTelemetry() }, settings),
      async ({ userId, by }) => ({
        status: 200,
        body: { userId, by },
      }),
    );
  }

  it('is nobody without the word of the authorizer', async () => {
    for (const authorizer of [undefined, {}, { kind: 'open' }, { kind: 'root' }, { kind: 'token' }]) {
      const answered = await call(whoami(), { query: 'user_id=ada', authorizer: authorizer as never });
      expect(answered).toMatchObject({ status: 403, body: { error: { reason: 'not_authorized' } } });
    }
  });

  it('is anybody when the settings say so in words, and needs a user', async () => {
    const open = whoami({ RESTAPI_AUTH: 'none' });
    expect((await call(open, { query: 'user_id=ada', authorizer: undefined })).body.userId).toBe('ada');
    expect((await call(open, { authorizer: undefined })).body.error.fields).toHaveProperty('user_id');
  });

  it('is any user with the static key', async () => {
    expect((await call(whoami(), { query: 'user_id=a+b%2Bc' })).body.userId).toBe('a b+c');
    expect((await call(whoami(), {})).status).toBe(400);
  });

  it("is the token's user, whether named or not", async () => {
    const authorizer = tokenOf('ada');
    expect((await call(whoami(), { authorizer })).body).toEqual({ userId: 'ada', by: 'ada' });
    expect((await call(whoami(), { authorizer, query: 'user_id=ada' })).body.userId).toBe('ada');
    expect(await call(whoami(), { authorizer, query: 'user_id=bob' })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', reason: 'user_mismatch' } },
    });
  });

  it('is any user with the admin scope, as it is set', async () => {
    const authorizer = tokenOf('ada', { scopes: 'openid workbench:admin' });
    expect((await call(whoami(), { authorizer, query: 'user_id=bob' })).body).toEqual({
      userId: 'bob',
      by: 'ada',
    });
    const other = whoami({ RESTAPI_ADMIN_SCOPE: 'boss' });
    expect((await call(other, { authorizer, query: 'user_id=bob' })).status).toBe(403);
  });

  it('is any user with a token without a user that may name users', async () => {
    const authorizer = tokenOf(undefined, { service: 'true', client_id: 'batch' });
    expect((await call(whoami(), { authorizer, query: 'user_id=bob' })).body.userId).toBe('bob');
    expect((await call(whoami(), { authorizer })).status).toBe(400);
  });

  it('is nobody with a token without a user that may not', async () => {
    const answered = await call(whoami(), { authorizer: tokenOf(undefined), query: 'user_id=bob' });
    expect(answered).toMatchObject({ status: 403, body: { error: { reason: 'no_user_claim' } } });
  });

  it('is nobody with a token that has expired since the authorizer was asked', async () => {
    const at = clock.now() / 1000;
    expect(
      (await call(whoami(), { authorizer: tokenOf('ada', { expires_at: String(at + 1) }) })).status,
    ).toBe(200);
    const answered = await call(whoami(), { authorizer: tokenOf('ada', { expires_at: String(at) }) });
    expect(answered).toMatchObject({ status: 403, body: { error: { reason: 'token_expired' } } });
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
  ])('is 400 for %s, whoever asks', async (query) => {
    for (const authorizer of [{ kind: 'static_key' }, tokenOf('ada')]) {
      const answered = await call(whoami(), { query, authorizer });
      expect(answered.status).toBe(400);
      expect(answered.body.error.fields).toHaveProperty('user_id');
    }
  });
});
