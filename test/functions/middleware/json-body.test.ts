import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { toUserApiHandler } from '#functions/middleware/api-handler.ts';
import { BODY_MAX_BYTES, jsonBodyOf } from '#functions/middleware/json-body.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import { type Call, call, settingsWith } from '../call-api.ts';

const schema = z.strictObject({
  name: z.optional(z.string({ error: 'text' })),
  size: z.optional(z.int({ error: 'a whole number' })),
});
/** Returns the parsed body. */
const echo = toUserApiHandler(
  { clock: new ManualClock(), telemetry: new RecordingTelemetry(), audit: new MemoryAuditStore() },
  settingsWith(),
  { body: jsonBodyOf(schema) },
  async ({ body }) => ({ status: 200, body }),
);
const json = { 'content-type': 'application/json' };
const send = (request: Call) => call(echo, { query: 'user_id=ada', ...request });

describe('a JSON body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/merge-patch+json',
  ])('is parsed with the content type %s', async (type) => {
    const response = await send({ body: '{"name":"ä"}', headers: { 'content-type': type } });
    expect(response).toMatchObject({ status: 200, body: { name: 'ä' } });
  });

  it('is decoded from base64', async () => {
    const body = Buffer.from('{"name":"ä"}').toString('base64');
    expect((await send({ body, base64: true, headers: json })).body).toEqual({ name: 'ä' });
  });

  it.each<[string, Call]>([
    ['no body', {}],
    ['no body, as JSON', { headers: json }],
    ['no body, as a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['an empty text', { body: '' }],
    ['an empty text in base64', { body: '', base64: true }],
  ])('is an empty object for %s', async (_, request) => {
    expect(await send(request)).toMatchObject({ status: 200, body: {} });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
    '',
  ])('is 415 with the content type %j', async (type) => {
    const response = await send({ body: '{}', headers: { 'content-type': type } });
    expect(response).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
  });

  it('is 415 without a content type', async () => {
    expect((await send({ body: '{}' })).status).toBe(415);
  });

  it.each(['{', '{"name":}', "{'name':1}", 'name', '\u0000', '{}x', '[', 'NaN', '"'])(
    'is 400 if it is not JSON: %j',
    async (body) => {
      const response = await send({ body, headers: json });
      expect(response).toMatchObject({ status: 400, body: { error: { fields: { body: 'JSON' } } } });
    },
  );

  it('is 400 if it is not UTF-8', async () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64');
    const response = await send({ body, base64: true, headers: json });
    expect(response).toMatchObject({ status: 400, body: { error: { fields: { body: 'UTF-8' } } } });
  });

  it.each(['null', '[]', '[{}]', '"text"', '1', 'true'])('is 400 if it is %s', async (body) => {
    const response = await send({ body, headers: json });
    expect(response).toMatchObject({ status: 400, body: { error: { fields: { body: 'a JSON object' } } } });
  });

  it.each([
    ['__proto__', '{"__proto__":{"name":"x"}}'],
    ['__proto__', '{"name":{"__proto__":1}}'],
    ['constructor', '{"constructor":{"prototype":{"name":"x"}}}'],
    ['constructor', '{"constructor":1}'],
    ['prototype', '{"prototype":1}'],
    ['toString', '{"toString":1}'],
  ])('is 400 with the key %s', async (key, body) => {
    const response = await send({ body, headers: json });
    expect(response.status).toBe(400);
    expect(Object.keys(response.body.error.fields)).toContain(key);
    expect(({} as Record<string, unknown>).name).toBeUndefined();
  });

  it('is 400 and names every invalid and every unknown field', async () => {
    const response = await send({ body: { name: 1, size: 'x', colour: 'red', '': 1 } });
    expect(response).toMatchObject({
      status: 400,
      body: {
        success: false,
        error: {
          code: 'invalid_request',
          fields: {
            name: 'text',
            size: 'a whole number',
            colour: 'no field of this request',
            '': 'no field of this request',
          },
        },
      },
    });
  });

  it('truncates long names of fields', async () => {
    const { fields } = (await send({ body: { ['x'.repeat(60_000)]: 1 } })).body.error;
    expect(Object.keys(fields)).toEqual(['x'.repeat(100)]);
  });

  it('names at most 100 fields', async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, 1]));
    expect(Object.keys((await send({ body })).body.error.fields)).toHaveLength(100);
  });

  it('is 413 above 64 KiB, measured in bytes after decoding', async () => {
    const of = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`;
    expect((await send({ body: of(BODY_MAX_BYTES), headers: json })).status).toBe(200);
    const larger = of(BODY_MAX_BYTES + 1);
    expect(await send({ body: larger, headers: json })).toMatchObject({
      status: 413,
      body: { error: { code: 'payload_too_large' } },
    });
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    expect((await send({ body: encoded(larger), base64: true, headers: json })).status).toBe(413);
    expect((await send({ body: encoded(of(BODY_MAX_BYTES)), base64: true, headers: json })).status).toBe(200);
    expect((await send({ body: `{"name":"${'ä'.repeat(33_000)}"}`, headers: json })).status).toBe(413);
  });

  it('is 400 for deeply nested JSON', async () => {
    const body = `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect((await send({ body, headers: json })).status).toBe(400);
  });

  it('never causes an internal error', async () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ name: value })),
    );
    const type = fc.oneof(fc.constant('application/json'), fc.string());
    await fc.assert(
      fc.asyncProperty(body, type, fc.boolean(), async (text, contentType, base64) => {
        const { status } = await send({ body: text, base64, headers: { 'content-type': contentType } });
        expect(status).toBeLessThan(500);
      }),
    );
  });
});
