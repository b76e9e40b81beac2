import { describe, expect, test } from 'vitest';
import type { GatewayOptions } from '#local/gateway/gateway.ts';
import { openGateway } from './open-gateway.ts';

const app = 'https://app.example';
const corsOrigins = [app, 'http://localhost:3000'];
const refusing: Partial<GatewayOptions> = {
  corsOrigins,
  authorizer: { ttlSeconds: 0, authorize: async () => ({ isAuthorized: false }) },
};

describe('CORS, when origins are configured', () => {
  test('answers a preflight without asking authorizer or function', async () => {
    const front = await openGateway(undefined, refusing);
    const response = await fetch(`${front.url}/things`, {
      method: 'OPTIONS',
      headers: { Origin: app, 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      'access-control-allow-methods': 'GET,POST,PATCH,DELETE',
      'access-control-max-age': '300',
      vary: 'origin',
    });
    expect(front.events).toEqual([]);
  });

  test('allows another origin nothing', async () => {
    const front = await openGateway(undefined, refusing);
    const response = await fetch(`${front.url}/things`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('lets a page of the origin read the answer and the headers it needs', async () => {
    const front = await openGateway(undefined, { corsOrigins });
    const response = await fetch(`${front.url}/things`, {
      method: 'POST',
      headers: { Origin: 'http://localhost:3000' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(response.headers.get('access-control-expose-headers')).toBe('location,retry-after,x-request-id');
  });

  test.each([
    ['/things', 401],
    ['/nothing', 404],
  ])('lets it read the refusal of %s too', async (path, status) => {
    const front = await openGateway(undefined, refusing);
    const response = await fetch(`${front.url}${path}`, { headers: { Origin: app } });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('has its own word over what a function says', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const front = await openGateway(() => ({ statusCode: 200, headers, body: '' }), { corsOrigins });
    const response = await fetch(`${front.url}/things`, { headers: { Origin: app } });
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('opens to every origin when told so', async () => {
    const front = await openGateway(undefined, { corsOrigins: ['*'] });
    const response = await fetch(`${front.url}/things`, {
      method: 'POST',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('CORS, when none is configured', () => {
  test('is off: a preflight is an unknown route', async () => {
    const front = await openGateway();
    const response = await fetch(`${front.url}/things`, { method: 'OPTIONS', headers: { Origin: app } });
    expect(response.status).toBe(404);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
