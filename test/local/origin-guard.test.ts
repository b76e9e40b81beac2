import { describe, expect, test } from 'vitest';
import { openGateway } from './gateway/open-gateway.ts';
import { rawRequest, sendRaw } from './raw-http.ts';

const guard = { hosts: ['wb.example', 'other.example:81'], origins: ['https://app.example'] };

async function statusOf(requestLine: string, headers: readonly string[]): Promise<number> {
  const front = await openGateway(undefined, { guard });
  const { status } = await sendRaw(front.port, rawRequest(requestLine, headers));
  expect(front.events.length).toBe(status === 200 ? 1 : 0);
  return status;
}

describe('the guard', () => {
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
  ])('lets a request for host %s pass', async (host) => {
    expect(await statusOf('GET /things', [`Host: ${host}`])).toBe(200);
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
  ])('refuses a request for host "%s"', async (host) => {
    expect(await statusOf('GET /things', [`Host: ${host}`])).toBe(403);
  });

  test('refuses a foreign host on public routes and preflights as well', async () => {
    expect(await statusOf('GET /open', ['Host: evil.example'])).toBe(403);
    expect(await statusOf('OPTIONS /things', ['Host: evil.example', 'Origin: https://app.example'])).toBe(
      403,
    );
  });

  test('refuses two hosts, and none', async () => {
    const front = await openGateway();
    const two = await sendRaw(
      front.port,
      rawRequest('GET /things', ['Host: localhost', 'Host: evil.example']),
    );
    expect([400, 403]).toContain(two.status);
    expect((await sendRaw(front.port, 'GET /things HTTP/1.0\r\n\r\n')).status).toBe(403);
    expect(front.events).toEqual([]);
  });

  test.each(['http://evil.example/things', 'http://localhost/things', '*'])(
    'refuses the request target %s, which is no path',
    async (target) => {
      expect(await statusOf(`GET ${target}`, ['Host: localhost'])).toBe(400);
    },
  );

  test('says what to do about a foreign host', async () => {
    const front = await openGateway();
    const { body } = await sendRaw(front.port, rawRequest('GET /things', ['Host: evil.example']));
    expect(JSON.parse(body)).toEqual({ message: expect.stringMatching(/^Forbidden: .*WB_LOCAL_HOSTNAMES/) });
  });

  test.each<[origin: string, host: string]>([
    ['http://localhost:8999', 'localhost:8999'],
    ['HTTP://LOCALHOST:8999', 'LOCALHOST:8999'],
    ['http://127.0.0.1', '127.0.0.1'],
    ['https://wb.example', 'wb.example'],
    ['https://app.example', 'localhost'],
  ])('lets pages of %s change something at %s', async (origin, host) => {
    expect(await statusOf('POST /things', [`Host: ${host}`, `Origin: ${origin}`])).toBe(200);
  });

  test.each<[origin: string, host: string]>([
    ['https://evil.example', 'localhost:8999'],
    ['http://localhost:1234', 'localhost:8999'],
    ['http://127.0.0.1:8999', 'localhost:8999'],
    ['http://app.example', 'localhost:8999'],
    ['null', 'localhost:8999'],
    ['', 'localhost:8999'],
  ])('refuses pages of "%s" that want to change something at %s', async (origin, host) => {
    expect(await statusOf('POST /things', [`Host: ${host}`, `Origin: ${origin}`])).toBe(403);
  });

  test('refuses when one of two origins is foreign', async () => {
    const origins = ['Origin: https://app.example', 'Origin: https://evil.example'];
    expect(await statusOf('POST /things', ['Host: localhost', ...origins])).toBe(403);
  });

  test.each<[site: string, status: number]>([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
  ])('goes by what the browser says (%s) when there is no origin', async (site, status) => {
    expect(await statusOf('POST /things', ['Host: localhost', `Sec-Fetch-Site: ${site}`])).toBe(status);
  });

  test('lets programs, which have no origin, change things', async () => {
    expect(await statusOf('POST /things', ['Host: localhost'])).toBe(200);
  });

  test('lets foreign pages ask for what changes nothing: they cannot read the answer', async () => {
    const front = await openGateway();
    const headers = { Origin: 'https://evil.example' };
    const response = await fetch(`${front.url}/things`, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });
});
