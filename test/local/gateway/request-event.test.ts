import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../raw-http.ts';
import { lastEvent, openGateway } from './open-gateway.ts';

const HOST = 'Host: 127.0.0.1';

describe('the event of a request', () => {
  test('has the payload format 2.0', async () => {
    const gateway = await openGateway();
    await fetch(`${gateway.url}/items/a%2Fb%20c?x=1`, { headers: { 'User-Agent': 'Test/1' } });
    const event = lastEvent(gateway);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /items/{id}',
      rawPath: '/items/a/b c',
      rawQueryString: 'x=1',
      queryStringParameters: { x: '1' },
      pathParameters: { id: 'a/b c' },
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'GET /items/{id}',
        stage: '$default',
        domainName: '127.0.0.1',
        http: {
          method: 'GET',
          path: '/items/a/b c',
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
    expect(gateway.contexts[0]?.awsRequestId).toBe(event.requestContext.requestId);
  });

  test('omits path parameters and query parameters if there are none', async () => {
    const gateway = await openGateway();
    await fetch(`${gateway.url}/items`);
    const event = lastEvent(gateway);
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
  ])('contains the query %s as sent, and its decoded and joined parameters', async (sent, parameters) => {
    const gateway = await openGateway();
    await sendRaw(gateway.port, rawRequest(`GET /items?${sent}`, [HOST]));
    expect(lastEvent(gateway).rawQueryString).toBe(sent);
    expect(lastEvent(gateway).queryStringParameters).toEqual(parameters);
  });

  test('supports a parameter called __proto__', async () => {
    const gateway = await openGateway();
    await sendRaw(gateway.port, rawRequest('GET /items?__proto__=x', [HOST, '__proto__: y']));
    const { queryStringParameters, headers } = lastEvent(gateway);
    expect(Object.entries(queryStringParameters ?? {})).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test('has lower-case header names and joins repeated headers', async () => {
    const gateway = await openGateway();
    const lines = [HOST, 'X-Item: one', 'x-item: two', 'Content-TYPE: text/plain', 'Age: 1', 'age: 2'];
    await sendRaw(gateway.port, rawRequest('GET /items', lines));
    expect(lastEvent(gateway).headers).toMatchObject({
      host: '127.0.0.1',
      'x-item': 'one,two',
      'content-type': 'text/plain',
      age: '1,2',
    });
  });

  test('omits hop-by-hop headers', async () => {
    const gateway = await openGateway();
    await sendRaw(gateway.port, rawRequest('GET /items', [HOST, 'TE: trailers', 'Keep-Alive: 5']));
    const { headers } = lastEvent(gateway);
    expect(Object.keys(headers).filter((name) => ['connection', 'te', 'keep-alive'].includes(name))).toEqual(
      [],
    );
  });

  test('appends the address of the client to X-Forwarded-For', async () => {
    const gateway = await openGateway();
    await fetch(`${gateway.url}/items`, {
      headers: { 'X-Forwarded-For': '10.1.1.1', 'X-Forwarded-Proto': 'https' },
    });
    expect(lastEvent(gateway).headers).toMatchObject({
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(gateway.port),
    });
  });

  test('lists the cookies of all cookie headers, and omits the headers', async () => {
    const gateway = await openGateway();
    await sendRaw(gateway.port, rawRequest('GET /items', [HOST, 'Cookie: a=1; b="x y"', 'Cookie: c=3;']));
    const event = lastEvent(gateway);
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
  ])('encodes a body of type %s', async (type, sent, text) => {
    const gateway = await openGateway();
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    await fetch(`${gateway.url}/items`, { method: 'POST', body: new Uint8Array(sent), headers });
    const event = lastEvent(gateway);
    expect(event.isBase64Encoded).toBe(!text);
    expect(event.body).toBe(sent.toString(text ? 'utf8' : 'base64'));
  });

  test('has no body when the request has none', async () => {
    const gateway = await openGateway();
    await fetch(`${gateway.url}/items`, { method: 'POST' });
    expect(lastEvent(gateway)).not.toHaveProperty('body');
    expect(lastEvent(gateway).isBase64Encoded).toBe(false);
  });
});
