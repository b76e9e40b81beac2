import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../raw-http.ts';
import { lastEvent, openGateway } from './open-gateway.ts';

const HOST = 'Host: 127.0.0.1';

describe('the event of a request', () => {
  test('has the form of payload 2.0', async () => {
    const front = await openGateway();
    await fetch(`${front.url}/things/a%2Fb%20c?x=1`, { headers: { 'User-Agent': 'Test/1' } });
    const event = lastEvent(front);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /things/{id}',
      rawPath: '/things/a/b c',
      rawQueryString: 'x=1',
      queryStringParameters: { x: '1' },
      pathParameters: { id: 'a/b c' },
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'GET /things/{id}',
        stage: '$default',
        domainName: '127.0.0.1',
        http: {
          method: 'GET',
          path: '/things/a/b c',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'Test/1',
        },
      },
    });
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(Math.abs(event.requestContext.timeEpoch - Date.now())).toBeLessThan(60_000);
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('cookies');
    expect(event.requestContext).not.toHaveProperty('authorizer');
    expect(front.contexts[0]?.awsRequestId).toBe(event.requestContext.requestId);
  });

  test('leaves out path parameters and query parameters where there are none', async () => {
    const front = await openGateway();
    await fetch(`${front.url}/things`);
    const event = lastEvent(front);
    expect(event.rawQueryString).toBe('');
    expect(event).not.toHaveProperty('pathParameters');
    expect(event).not.toHaveProperty('queryStringParameters');
  });

  test.each<[sent: string, parameters: Record<string, string>]>([
    ['a=1&a=2&b=3', { a: '1,2', b: '3' }],
    ['a=1%2C2&a=3', { a: '1,2,3' }],
    ['a=x+y%20z', { a: 'x y z' }],
    ['flag', { flag: '' }],
    ['a=%C3%A9', { a: 'é' }],
    ['a=%zz', { a: '%zz' }],
    ['a=b?c', { a: 'b?c' }],
    ['=v', { '': 'v' }],
  ])('keeps the query %s as sent, and decodes and joins its parameters', async (sent, parameters) => {
    const front = await openGateway();
    await sendRaw(front.port, rawRequest(`GET /things?${sent}`, [HOST]));
    expect(lastEvent(front).rawQueryString).toBe(sent);
    expect(lastEvent(front).queryStringParameters).toEqual(parameters);
  });

  test('keeps a parameter called __proto__ as a parameter', async () => {
    const front = await openGateway();
    await sendRaw(front.port, rawRequest('GET /things?__proto__=x', [HOST, '__proto__: y']));
    const { queryStringParameters, headers } = lastEvent(front);
    expect(Object.entries(queryStringParameters ?? {})).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test('has header names in lower case and repeated ones joined', async () => {
    const front = await openGateway();
    const lines = [HOST, 'X-Thing: one', 'x-thing: two', 'Content-TYPE: text/plain', 'Age: 1', 'age: 2'];
    await sendRaw(front.port, rawRequest('GET /things', lines));
    expect(lastEvent(front).headers).toMatchObject({
      host: '127.0.0.1',
      'x-thing': 'one,two',
      'content-type': 'text/plain',
      age: '1,2',
    });
  });

  test('leaves out what concerns two machines only', async () => {
    const front = await openGateway();
    await sendRaw(front.port, rawRequest('GET /things', [HOST, 'TE: trailers', 'Keep-Alive: 5']));
    const { headers } = lastEvent(front);
    expect(Object.keys(headers).filter((name) => ['connection', 'te', 'keep-alive'].includes(name))).toEqual(
      [],
    );
  });

  test('says who sent it, after whom the client itself names', async () => {
    const front = await openGateway();
    await fetch(`${front.url}/things`, {
      headers: { 'X-Forwarded-For': '10.1.1.1', 'X-Forwarded-Proto': 'https' },
    });
    expect(lastEvent(front).headers).toMatchObject({
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(front.port),
    });
  });

  test('has every cookie of every cookie header in its list, and none among the headers', async () => {
    const front = await openGateway();
    await sendRaw(front.port, rawRequest('GET /things', [HOST, 'Cookie: a=1; b="x y"', 'Cookie: c=3;']));
    const event = lastEvent(front);
    expect(event.cookies).toEqual(['a=1', 'b="x y"', 'c=3']);
    expect(event.headers).not.toHaveProperty('cookie');
  });

  test.each<[type: string | undefined, sent: Buffer, text: boolean]>([
    ['application/json', Buffer.from('{"a":"é"}'), true],
    ['application/JSON; charset=utf-8', Buffer.from('{}'), true],
    ['application/merge-patch+json', Buffer.from('{}'), true],
    ['text/plain', Buffer.from('words'), true],
    ['application/xml', Buffer.from('<a/>'), true],
    ['application/x-www-form-urlencoded', Buffer.from('a=1'), false],
    ['application/octet-stream', Buffer.from([0, 255, 254]), false],
    ['application/jsonish', Buffer.from('{}'), false],
    ['text/plain', Buffer.from([0xff, 0xfe]), false],
    [undefined, Buffer.from('{}'), false],
  ])('carries a body of type %s', async (type, sent, text) => {
    const front = await openGateway();
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    await fetch(`${front.url}/things`, { method: 'POST', body: new Uint8Array(sent), headers });
    const event = lastEvent(front);
    expect(event.isBase64Encoded).toBe(!text);
    expect(event.body).toBe(sent.toString(text ? 'utf8' : 'base64'));
  });

  test('has no body when none was sent', async () => {
    const front = await openGateway();
    await fetch(`${front.url}/things`, { method: 'POST' });
    expect(lastEvent(front)).not.toHaveProperty('body');
    expect(lastEvent(front).isBase64Encoded).toBe(false);
  });
});
