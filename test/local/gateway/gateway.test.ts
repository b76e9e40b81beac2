import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { MAX_HEAD_BYTES } from '#local/gateway/gateway.ts';
import { INTEGRATION_TIMEOUT_MS } from '#local/gateway/invocation.ts';
import { MAX_BODY_BYTES } from '#local/gateway/request-body.ts';
import { rawRequest, sendRaw } from '../raw-http.ts';
import { openGateway } from './open-gateway.ts';

const HOST = 'Host: 127.0.0.1';

async function answerOf(response: Response) {
  return { status: response.status, body: await response.text() };
}

describe('what the front answers by itself', () => {
  test.each<[method: string, path: string]>([
    ['GET', '/nothing'],
    ['PUT', '/things'],
    ['DELETE', '/things/7'],
    ['GET', '/things/'],
    ['OPTIONS', '/things'],
  ])('404 for %s %s, which is no route', async (method, path) => {
    const front = await openGateway();
    const response = await fetch(`${front.url}${path}`, { method });
    expect(await answerOf(response)).toEqual({ status: 404, body: '{"message":"Not Found"}' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(front.events).toEqual([]);
  });

  test('400 for a path that is not validly encoded', async () => {
    const front = await openGateway();
    const { status, body } = await sendRaw(front.port, rawRequest('GET /things/%E0%A4%A', [HOST]));
    expect([status, body]).toEqual([400, '{"message":"Bad Request"}']);
  });

  test('500 for a function that throws, and nothing of what it threw', async () => {
    const front = await openGateway(() => {
      throw new Error('the password is swordfish');
    });
    const response = await fetch(`${front.url}/things`);
    expect(await answerOf(response)).toEqual({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(front.telemetry.lines.filter(({ level }) => level === 'error').length).toBe(1);
  });

  test.each<[what: string, result: unknown]>([
    ['a status that is none', { statusCode: 'fine', body: '' }],
    ['a status outside of HTTP', { statusCode: 99, body: '' }],
    ['a status that is no answer yet', { statusCode: 103, body: '' }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['cookies that are no list', { statusCode: 200, cookies: 'a=1' }],
    [
      'a header that cannot be sent',
      { statusCode: 200, headers: { 'x-a': 'b\r\nSet-Cookie: c=d' }, body: '' },
    ],
    ['a header name that cannot be sent', { statusCode: 200, headers: { 'x a': 'b' }, body: '' }],
    ['a body that is no JSON', 1n],
  ])('500 for a function that answers %s', async (_what, result) => {
    const front = await openGateway(() => result);
    const response = await fetch(`${front.url}/things`);
    expect(await answerOf(response)).toEqual({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(response.headers.has('set-cookie')).toBe(false);
  });

  test('500 without the headers that could be sent, when one could not', async () => {
    const headers = { 'x-first': 'internal', 'x-second': 'no\nheader' };
    const front = await openGateway(() => ({ statusCode: 200, headers, body: '' }));
    const response = await fetch(`${front.url}/things`);
    expect(response.status).toBe(500);
    expect(response.headers.has('x-first')).toBe(false);
  });

  test('503 for a function that takes longer than an integration may', async () => {
    const front = await openGateway(() => new Promise(() => {}));
    const answer = fetch(`${front.url}/things`);
    await vi.waitFor(() => expect(front.events.length).toBe(1));
    await front.timers.advanceAsync(INTEGRATION_TIMEOUT_MS - 1);
    expect(front.timers.scheduledCount).toBe(1);
    expect(front.contexts[0]?.getRemainingTimeInMillis()).toBe(1);
    await front.timers.advanceAsync(1);
    expect(await answerOf(await answer)).toEqual({ status: 503, body: '{"message":"Service Unavailable"}' });
  });

  test('413 for a body larger than API Gateway takes, without calling the function', async () => {
    const front = await openGateway();
    const body = new Uint8Array(MAX_BODY_BYTES + 1);
    const response = await fetch(`${front.url}/things`, { method: 'POST', body });
    expect(await answerOf(response)).toEqual({ status: 413, body: '{"message":"Request Entity Too Large"}' });
    expect(front.events).toEqual([]);
  });

  test('413 at once to a client that asks before sending, and to one that announces far too much', async () => {
    const front = await openGateway();
    const asks = [HOST, `Content-Length: ${MAX_BODY_BYTES + 1}`, 'Expect: 100-continue'];
    expect((await sendRaw(front.port, rawRequest('POST /things', asks))).status).toBe(413);
    const announces = [HOST, `Content-Length: ${1e12}`];
    expect((await sendRaw(front.port, rawRequest('POST /things', announces))).status).toBe(413);
  });

  test('takes a body as large as API Gateway does', async () => {
    const front = await openGateway();
    const body = new Uint8Array(MAX_BODY_BYTES);
    expect((await fetch(`${front.url}/things`, { method: 'POST', body })).status).toBe(200);
  });

  test('says "continue" to a client that asks before it sends a body it may send', async () => {
    const front = await openGateway();
    const asks = [HOST, 'Content-Length: 2', 'Content-Type: text/plain', 'Expect: 100-continue'];
    const { head, body } = await sendRaw(front.port, rawRequest('POST /things', asks, 'hi'));
    expect(head).toBe('HTTP/1.1 100 Continue');
    expect(body).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(front.events[0]?.body).toBe('hi');
  });

  test('431 for more headers than API Gateway takes', async () => {
    const front = await openGateway();
    const fits = await sendRaw(
      front.port,
      rawRequest('GET /things', [HOST, `X-A: ${'a'.repeat(MAX_HEAD_BYTES - 200)}`]),
    );
    expect(fits.status).toBe(200);
    const tooMuch = await sendRaw(
      front.port,
      rawRequest('GET /things', [HOST, `X-A: ${'a'.repeat(MAX_HEAD_BYTES)}`]),
    );
    expect([tooMuch.status, tooMuch.body]).toEqual([431, '{"message":"Request Header Fields Too Large"}']);
    const longLine = await sendRaw(
      front.port,
      rawRequest(`GET /things?${'a'.repeat(MAX_HEAD_BYTES)}`, [HOST]),
    );
    expect(longLine.status).toBe(431);
    expect(front.events.length).toBe(1);
  });

  test('400 for what is not HTTP', async () => {
    const front = await openGateway();
    expect((await sendRaw(front.port, 'hello there\r\n\r\n')).status).toBe(400);
  });

  test('nothing, when what is not HTTP comes while an answer is under way', async () => {
    const front = await openGateway(() => new Promise(() => {}));
    const { head } = await sendRaw(front.port, `GET /things HTTP/1.1\r\n${HOST}\r\n\r\nhello there\r\n\r\n`);
    expect(head).toBe('');
  });

  test('survives a client that goes away in the middle of its body', async () => {
    const front = await openGateway();
    const socket = connect(front.port, '127.0.0.1');
    socket.write(`POST /things HTTP/1.1\r\n${HOST}\r\nContent-Length: 100\r\n\r\nhalf`);
    await new Promise((resolve) => front.server.once('request', resolve));
    socket.destroy();
    expect((await fetch(`${front.url}/things`)).status).toBe(200);
    expect(front.events.length).toBe(1);
  });
});

describe('what the front makes of a result', () => {
  test.each<[what: string, result: unknown, status: number, type: string | null, body: string]>([
    ['text', 'words', 200, 'application/json', 'words'],
    ['an object without a status', { a: 1 }, 200, 'application/json', '{"a":1}'],
    ['a list', [1, 2], 200, 'application/json', '[1,2]'],
    ['nothing', undefined, 200, 'application/json', 'null'],
    ['a bare status', { statusCode: 201 }, 201, 'text/plain;charset=UTF-8', ''],
    ['a status in text', { statusCode: '202', body: 'x' }, 202, 'text/plain;charset=UTF-8', 'x'],
    [
      'a type',
      { statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' },
      200,
      'text/html',
      '<p>',
    ],
    [
      'base64',
      { statusCode: 200, body: Buffer.from('é').toString('base64'), isBase64Encoded: true },
      200,
      'text/plain;charset=UTF-8',
      'é',
    ],
    ['no content', { statusCode: 204, body: 'dropped' }, 204, null, ''],
  ])('answers %s', async (_what, result, status, type, body) => {
    const front = await openGateway(() => result);
    const response = await fetch(`${front.url}/things`);
    expect(await answerOf(response)).toEqual({ status, body });
    expect(response.headers.get('content-type')).toBe(type);
  });

  test('writes each cookie as a header of its own, and headers of any simple type', async () => {
    const front = await openGateway(() => ({
      statusCode: 200,
      headers: { 'X-Number': 7, 'X-Flag': true, 'Content-Length': 3, 'Transfer-Encoding': 'chunked' },
      cookies: ['a=1; Path=/', 'b=2'],
      body: 'longer than three',
    }));
    const response = await fetch(`${front.url}/things`);
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('x-number')).toBe('7');
    expect(response.headers.get('x-flag')).toBe('true');
    expect(await response.text()).toBe('longer than three');
    expect(response.headers.get('apigw-requestid')).toBe(front.events[0]?.requestContext.requestId);
  });

  test('honours the prefix, in the route key too', async () => {
    const front = await openGateway(undefined, { prefix: '/api/v1' });
    expect((await fetch(`${front.url}/things`)).status).toBe(404);
    expect((await fetch(`${front.url}/api/v1/things/7`)).status).toBe(200);
    expect(front.events[0]).toMatchObject({
      routeKey: 'GET /api/v1/things/{id}',
      rawPath: '/api/v1/things/7',
    });
  });
});
