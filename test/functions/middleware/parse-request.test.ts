import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { toUserApiHandler } from '#functions/middleware/api-handler.ts';
import { jsonBodyOf } from '#functions/middleware/json-body.ts';
import {
  parseForce,
  parseIdempotencyKey,
  parsePage,
  parseWorkbenchId,
} from '#functions/middleware/parse-request.ts';
import { encodeCursor } from '#functions/middleware/query.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { type Call, call, settingsWith, tokenOf } from '../call-api.ts';

const WID = '01k5w3p8xg7t2mzq4v9r6ehbnc';
const parsers = {
  workbenchId: parseWorkbenchId,
  page: parsePage,
  force: parseForce,
  idempotencyKey: parseIdempotencyKey,
  body: jsonBodyOf(z.strictObject({ size: z.optional(z.int({ error: 'a whole number' })) })),
};

/** Returns what the parsers returned. */
const echo = toUserApiHandler(
  { clock: new ManualClock(), telemetry: new RecordingTelemetry(), audit: new MemoryAuditStore() },
  settingsWith(),
  parsers,
  async ({ principal: _principal, audit: _audit, ...values }) => ({ status: 200, body: values }),
);
const send = (request: Call) => call(echo, { wid: WID, ...request });

/** A request in which everything is invalid that can be. */
const INVALID: Call = {
  query: 'user_id=ada&user_id=bob&limit=0&cursor=x&force=maybe&%ff=1',
  headers: { 'idempotency-key': 'not ascii: ä' },
  body: { size: 'large', colour: 'red' },
};

describe('parseUserRequest', () => {
  it('returns every value, typed', async () => {
    const cursor = encodeCursor('ada', WID);
    expect(
      await send({
        query: `user_id=ada&limit=7&cursor=${cursor}&force=true`,
        headers: { 'idempotency-key': 'key-1' },
        body: { size: 3 },
      }),
    ).toMatchObject({
      status: 200,
      body: {
        userId: 'ada',
        by: 'static key',
        workbenchId: WID,
        page: { limit: 7, after: WID },
        force: true,
        idempotencyKey: 'key-1',
        body: { size: 3 },
      },
    });
  });

  it('returns the defaults of values that are left out', async () => {
    expect((await send({ query: 'user_id=ada' })).body).toEqual({
      userId: 'ada',
      by: 'static key',
      workbenchId: WID,
      page: { limit: 100 },
      force: false,
      body: {},
    });
  });

  it('reports all invalid fields together', async () => {
    const { status, body } = await send(INVALID);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'invalid_request',
      fields: {
        query: 'percent-encoded UTF-8',
        user_id: 'given once',
        limit: 'a whole number from 1 to 100',
        force: '`true` or `false`',
        'Idempotency-Key': '1 to 128 visible ASCII characters',
        size: 'a whole number',
        colour: 'no field of this request',
      },
    });
  });

  it('reports a missing user together with other invalid fields', async () => {
    const { fields } = (await send({ query: 'limit=0' })).body.error;
    expect(Object.keys(fields)).toEqual(['user_id', 'limit']);
  });

  it('checks a cursor against the acting user', async () => {
    const query = `user_id=ada&cursor=${encodeCursor('bob', WID)}`;
    expect((await send({ query })).body.error.fields).toEqual({
      cursor: 'the next_cursor of an earlier page of this user',
    });
  });

  it.each(['cursor=a&cursor=b', 'cursor=%ff'])(
    'reports an invalid cursor and an invalid limit (%s)',
    async (query) => {
      const { fields } = (await send({ query: `user_id=ada&limit=101&${query}` })).body.error;
      expect(Object.keys(fields).sort()).toEqual(['cursor', 'limit']);
    },
  );

  it('refuses an id that cannot be a workbench’s with 404, before other invalid fields', async () => {
    for (const wid of ['', 'x', WID.toUpperCase()]) {
      expect((await send({ ...INVALID, wid })).status, wid).toBe(404);
    }
  });

  it('refuses with 403 before 404 and invalid fields', async () => {
    expect((await send({ ...INVALID, wid: 'x', authorizer: undefined })).status).toBe(403);
    const request = { ...INVALID, wid: 'x', query: 'user_id=bob&limit=0', authorizer: tokenOf('ada') };
    expect(await send(request)).toMatchObject({
      status: 403,
      body: { error: { reason: 'user_mismatch' } },
    });
  });

  it.each<[number, Partial<Call>]>([
    [413, { body: 'x'.repeat(65_537) }],
    [415, { body: '{}', headers: { 'content-type': 'text/plain' } }],
  ])('refuses a body with %s, whatever else is invalid', async (status, request) => {
    expect((await send({ ...INVALID, ...request })).status).toBe(status);
  });
});
