import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { AUTHORIZER_TIMEOUT_MS, AuthorizerCache } from '#local/gateway/authorizer-cache.ts';
import type { GatewayAuthorizer } from '#local/gateway/gateway.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { type OpenGateway, openGateway } from './open-gateway.ts';

/** A gateway whose authorizer returns the result of `decide`. `calls` are the events that it received. */
async function openGuarded(
  decide: (token: string) => unknown,
  ttlSeconds = 60,
  validUntil: GatewayAuthorizer['validUntil'] = () => Number.POSITIVE_INFINITY,
) {
  const calls: APIGatewayRequestAuthorizerEventV2[] = [];
  const gateway = await openGateway(undefined, {
    authorizer: {
      ttlSeconds,
      validUntil,
      authorize: async (event) => {
        calls.push(event);
        return decide(event.identitySource?.[0] ?? '');
      },
    },
  });
  return { gateway, calls };
}

async function get(gateway: OpenGateway, authorization?: string, path = '/items') {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const response = await fetch(`${gateway.url}${path}`, { headers });
  return [response.status, await response.text()];
}

const allow = () => ({ isAuthorized: true, context: { who: 'ada', scopes: ['a', 'b'] } });

describe('the authorizer in gateway of a route', () => {
  test('is not called for a request without an identity source: 401', async () => {
    const { gateway, calls } = await openGuarded(allow);
    expect(await get(gateway)).toEqual([401, '{"message":"Unauthorized"}']);
    expect(await get(gateway, '')).toEqual([401, '{"message":"Unauthorized"}']);
    expect(calls).toEqual([]);
  });

  test('is not called for a public route', async () => {
    const { gateway, calls } = await openGuarded(allow);
    expect((await get(gateway, undefined, '/open'))[0]).toBe(200);
    expect((await get(gateway, 'Bearer x', '/open'))[0]).toBe(200);
    expect(calls).toEqual([]);
    expect(gateway.events[1]?.requestContext).not.toHaveProperty('authorizer');
  });

  test('receives the request without its body', async () => {
    const { gateway, calls } = await openGuarded(allow);
    await fetch(`${gateway.url}/items?a=1`, {
      method: 'POST',
      body: 'secret',
      headers: { Authorization: 'Bearer x' },
    });
    expect(calls[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeKey: 'POST /items',
      rawPath: '/items',
      rawQueryString: 'a=1',
      identitySource: ['Bearer x'],
      headers: { authorization: 'Bearer x' },
      requestContext: { http: { method: 'POST' } },
    });
    expect(calls[0]).not.toHaveProperty('body');
  });

  test('passes its context to the function', async () => {
    const { gateway } = await openGuarded(allow);
    expect((await get(gateway, 'Bearer x'))[0]).toBe(200);
    expect(gateway.events[0]?.requestContext.authorizer).toEqual({
      lambda: { who: 'ada', scopes: ['a', 'b'] },
    });
  });

  test('protects its cached response from changes by functions', async () => {
    const { gateway } = await openGuarded(allow);
    await get(gateway, 'Bearer x');
    const lambda = gateway.events[0]?.requestContext.authorizer?.lambda as Record<string, unknown>;
    lambda.who = 'mallory';
    await get(gateway, 'Bearer x');
    expect(gateway.events[1]?.requestContext.authorizer?.lambda).toMatchObject({ who: 'ada' });
  });

  test('denies a request with 403 without a call of the function', async () => {
    const { gateway } = await openGuarded(() => ({ isAuthorized: false }));
    expect(await get(gateway, 'Bearer x')).toEqual([403, '{"message":"Forbidden"}']);
    expect(gateway.events).toEqual([]);
  });

  test.each<[failure: string, decide: () => unknown]>([
    ['throws', () => Promise.reject(new Error('JWKS does not respond'))],
    ['returns nothing', () => undefined],
    ['returns a policy', () => ({ principalId: 'x', policyDocument: {} })],
    ['returns no boolean', () => ({ isAuthorized: 'true' })],
  ])('%s: 500, and it is called again for the next request', async (_failure, decide) => {
    const { gateway, calls } = await openGuarded(decide);
    expect(await get(gateway, 'Bearer x')).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(await get(gateway, 'Bearer x')).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(calls.length).toBe(2);
    expect(gateway.events).toEqual([]);
  });

  test('times out: 500', async () => {
    const { gateway, calls } = await openGuarded(() => new Promise(() => {}));
    const response = get(gateway, 'Bearer x');
    await expect.poll(() => calls.length).toBe(1);
    await gateway.timers.advanceAsync(AUTHORIZER_TIMEOUT_MS);
    expect((await response)[0]).toBe(500);
  });

  test('is called once per token until the cached response expires, for all routes', async () => {
    const { gateway, calls } = await openGuarded(allow, 60);
    await get(gateway, 'Bearer x');
    await get(gateway, 'Bearer x', '/items/7');
    gateway.timers.advance(59_999);
    await get(gateway, 'Bearer x');
    expect(calls.length).toBe(1);
    gateway.timers.advance(1);
    await get(gateway, 'Bearer x');
    expect(calls.length).toBe(2);
  });

  test('is called again after the clock was set back or forward by a day', async () => {
    const { gateway, calls } = await openGuarded(() => ({ isAuthorized: false }));
    for (const step of [0, 86_400_000, -86_400_000, -86_400_000, -1, 86_400_000]) {
      gateway.timers.advance(step);
      const before = calls.length;
      await get(gateway, 'Bearer x');
      expect(calls.length, `after ${step} ms`).toBe(before + 1);
      await get(gateway, 'Bearer x');
      expect(calls.length, `again after ${step} ms`).toBe(before + 1);
    }
  });

  test('is called again as soon as its response is no longer valid', async () => {
    const start = Date.UTC(2030, 0, 1);
    const { gateway, calls } = await openGuarded(allow, 60, () => start + 10_000);
    await get(gateway, 'Bearer x');
    gateway.timers.advance(9_999);
    await get(gateway, 'Bearer x');
    expect(calls.length).toBe(1);
    gateway.timers.advance(1);
    await get(gateway, 'Bearer x');
    await get(gateway, 'Bearer x');
    expect(calls.length).toBe(3);
  });

  test('has its denials cached too', async () => {
    const { gateway, calls } = await openGuarded(() => ({ isAuthorized: false }));
    await get(gateway, 'Bearer x');
    expect((await get(gateway, 'Bearer x'))[0]).toBe(403);
    expect(calls.length).toBe(1);
  });

  test('has its responses cached per token', async () => {
    const { gateway } = await openGuarded((token) => ({ isAuthorized: token === 'Bearer good' }));
    expect((await get(gateway, 'Bearer good'))[0]).toBe(200);
    expect((await get(gateway, 'Bearer bad'))[0]).toBe(403);
    expect((await get(gateway, 'Bearer good'))[0]).toBe(200);
  });

  test('is called for each request when the cache is disabled', async () => {
    const { gateway, calls } = await openGuarded(allow, 0);
    await get(gateway, 'Bearer x');
    await get(gateway, 'Bearer x');
    expect(calls.length).toBe(2);
  });
});

describe('AuthorizerCache', () => {
  test('shares one call between concurrent requests', async () => {
    const cache = new AuthorizerCache({ timers: new ManualClock(), ttlSeconds: 60 });
    let calls = 0;
    let respond: (value: unknown) => void = () => {};
    const call = () => {
      calls += 1;
      return new Promise((resolve) => {
        respond = resolve;
      });
    };
    const lookups = [cache.authorize('t', call), cache.authorize('t', call), cache.authorize('t', call)];
    respond({ isAuthorized: true, context: {} });
    expect(await Promise.all(lookups)).toEqual(Array(3).fill({ isAuthorized: true, context: {} }));
    expect(calls).toBe(1);
  });

  test('evicts the oldest response when it is full', async () => {
    const cache = new AuthorizerCache({ timers: new ManualClock(), ttlSeconds: 60, capacity: 2 });
    const calls: string[] = [];
    const lookup = (token: string) =>
      cache.authorize(token, async () => {
        calls.push(token);
        return { isAuthorized: true };
      });
    for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) await lookup(token);
    expect(calls).toEqual(['a', 'b', 'c', 'a']);
  });

  test('keeps a response no longer because the clock is set back by seconds', async () => {
    const timers = new ManualClock();
    const cache = new AuthorizerCache({ timers, ttlSeconds: 60 });
    let calls = 0;
    const lookup = () =>
      cache.authorize('t', async () => {
        calls += 1;
        return { isAuthorized: false };
      });
    for (let second = 0; second < 60; second += 10) {
      await lookup();
      timers.advance(10_000);
      timers.set(-9_000);
    }
    expect(calls).toBe(1);
    await lookup();
    expect(calls).toBe(2);
  });

  test('has no pending timer after a call', async () => {
    const timers = new ManualClock();
    const cache = new AuthorizerCache({ timers, ttlSeconds: 60 });
    await cache.authorize('t', async () => ({ isAuthorized: true }));
    await cache.authorize('u', async () => Promise.reject(new Error('no'))).catch(() => {});
    expect(timers.scheduledCount).toBe(0);
  });
});
