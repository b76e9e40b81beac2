import { describe, expect, test } from 'vitest';
import { openGateway } from '#test/local/gateway/open-gateway.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';

const guard = { hosts: ['wb.example', 'other.example:81'], origins: ['https://app.example'] };

async function statusOf(requestLine: string, headers: readonly string[]): Promise<number> {
  const gateway = await openGateway(undefined, { guard });
  const { status } = await sendRaw(gateway.port, rawRequest(requestLine, headers));
  expect(gateway.events.length).toBe(status === 200 ? 1 : 0);
  return status;
}

describe('the origin guard', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1:8999',
    'localhost:1',
    'LocalHost',
    '[::1]',
    '[::1]:8999',
    'wb.example',
    'WB.example:444',
    'other.example:81',
  ])('allows a request with host %s', async (host) => {
    expect(await statusOf('GET /items', [`Host: ${host}`])).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:8999',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.1:8999@evil.example',
    'evil.example#localhost',
    '127.0.0.2',
    '0.0.0.0',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    'other.example',
    'other.example:82',
    'localhost, evil.example',
    '',
  ])('refuses a request with host "%s"', async (host) => {
    expect(await statusOf('GET /items', [`Host: ${host}`])).toBe(403);
  });

  test('refuses a foreign host on public routes and preflights too', async () => {
    expect(await statusOf('GET /open', ['Host: evil.example'])).toBe(403);
    expect(await statusOf('OPTIONS /items', ['Host: evil.example', 'Origin: https://app.example'])).toBe(403);
  });

  test('refuses two Host headers, and none', async () => {
    const gateway = await openGateway();
    const two = await sendRaw(
      gateway.port,
      rawRequest('GET /items', ['Host: localhost', 'Host: evil.example']),
    );
    expect([400, 403]).toContain(two.status);
    expect((await sendRaw(gateway.port, 'GET /items HTTP/1.0\r\n\r\n')).status).toBe(403);
    expect(gateway.events).toEqual([]);
  });

  test.each(['http://evil.example/items', 'http://localhost/items', '*'])(
    'refuses the request target %s, which is not a path',
    async (target) => {
      expect(await statusOf(`GET ${target}`, ['Host: localhost'])).toBe(400);
    },
  );

  test('names the setting that allows a host in the refusal', async () => {
    const gateway = await openGateway();
    const { body } = await sendRaw(gateway.port, rawRequest('GET /items', ['Host: evil.example']));
    expect(JSON.parse(body)).toEqual({ message: expect.stringMatching(/^Forbidden: .*WB_LOCAL_HOSTNAMES/) });
  });

  test.each<[origin: string, host: string]>([
    ['http://localhost:8999', 'localhost:8999'],
    ['HTTP://LOCALHOST:8999', 'LOCALHOST:8999'],
    ['http://127.0.0.1', '127.0.0.1'],
    ['https://wb.example', 'wb.example'],
    ['https://wb.example', 'wb.example:443'],
    ['http://wb.example', 'wb.example:80'],
    ['https://app.example', 'localhost'],
  ])('allows an unsafe request of a page from %s at %s', async (origin, host) => {
    expect(await statusOf('POST /items', [`Host: ${host}`, `Origin: ${origin}`])).toBe(200);
  });

  test.each<[origin: string, host: string]>([
    ['https://evil.example', 'localhost:8999'],
    ['http://localhost:1234', 'localhost:8999'],
    ['http://127.0.0.1:8999', 'localhost:8999'],
    ['http://app.example', 'localhost:8999'],
    ['http://wb.example', 'wb.example:443'],
    ['https://wb.example', 'wb.example:80'],
    ['https://wb.example', 'wb.example:8443'],
    ['null', 'localhost:8999'],
    ['', 'localhost:8999'],
  ])('refuses an unsafe request of a page from "%s" at %s', async (origin, host) => {
    expect(await statusOf('POST /items', [`Host: ${host}`, `Origin: ${origin}`])).toBe(403);
  });

  test('refuses when one of two origins is foreign', async () => {
    const origins = ['Origin: https://app.example', 'Origin: https://evil.example'];
    expect(await statusOf('POST /items', ['Host: localhost', ...origins])).toBe(403);
  });

  test.each<[site: string, status: number]>([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
  ])('uses Sec-Fetch-Site (%s) when there is no Origin', async (site, status) => {
    expect(await statusOf('POST /items', ['Host: localhost', `Sec-Fetch-Site: ${site}`])).toBe(status);
  });

  test('allows unsafe requests of programs, which send no Origin', async () => {
    expect(await statusOf('POST /items', ['Host: localhost'])).toBe(200);
  });

  test('allows safe requests of foreign pages, which cannot read the response', async () => {
    const gateway = await openGateway();
    const headers = { Origin: 'https://evil.example' };
    const response = await fetch(`${gateway.url}/items`, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });
});
