import { describe, expect, test } from 'vitest';
import type { GatewayOptions } from '#local/gateway/gateway.ts';
import { openGateway } from './open-gateway.ts';

const app = 'https://app.example';
const corsOrigins = [app, 'http://localhost:3000'];
const refusing: Partial<GatewayOptions> = {
  corsOrigins,
  authorizer: { ttlSeconds: 0, validUntil: () => 0, authorize: async () => ({ isAuthorized: false }) },
};

describe('CORS, when origins are configured', () => {
  test('responds to a preflight without a call of the authorizer or the function', async () => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}/items`, {
      method: 'OPTIONS',
      headers: { Origin: app, 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE',
      'access-control-max-age': '300',
      vary: 'origin',
    });
    expect(gateway.events).toEqual([]);
  });

  test('allows nothing to another origin', async () => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}/items`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('allows a page of the origin to read the response and the exposed headers', async () => {
    const gateway = await openGateway(undefined, { corsOrigins });
    const response = await fetch(`${gateway.url}/items`, {
      method: 'POST',
      headers: { Origin: 'http://localhost:3000' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(response.headers.get('access-control-expose-headers')).toBe('location,retry-after,x-request-id');
  });

  test.each([
    ['/items', 401],
    ['/nothing', 404],
  ])('allows it to read the error of %s too', async (path, status) => {
    const gateway = await openGateway(undefined, refusing);
    const response = await fetch(`${gateway.url}${path}`, { headers: { Origin: app } });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('overrides the CORS headers of a function', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const gateway = await openGateway(() => ({ statusCode: 200, headers, body: '' }), { corsOrigins });
    const response = await fetch(`${gateway.url}/items`, { headers: { Origin: app } });
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
  });

  test('allows all origins when * is configured', async () => {
    const gateway = await openGateway(undefined, { corsOrigins: ['*'] });
    const response = await fetch(`${gateway.url}/items`, {
      method: 'POST',
      headers: { Origin: 'https://b.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('CORS, when none is configured', () => {
  test('is disabled: a preflight is an unknown route', async () => {
    const gateway = await openGateway();
    const response = await fetch(`${gateway.url}/items`, { method: 'OPTIONS', headers: { Origin: app } });
    expect(response.status).toBe(404);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
