import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { describe, expect, test, vi } from 'vitest';
import { AUTHORIZER_TIMEOUT_MS, AuthorizerCache } from '#local/gateway/authorizer-cache.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { type OpenGateway, openGateway } from './open-gateway.ts';

/** A front whose authorizer answers what `decide` says; `asked` are the events it was given. */
async function openGuarded(decide: (token: string) => unknown, ttlSeconds = 60) {
  const asked: APIGatewayRequestAuthorizerEventV2[] = [];
  const front = await openGateway(undefined, {
    authorizer: {
      ttlSeconds,
      authorize: async (event) => {
        asked.push(event);
        return decide(event.identitySource?.[0] ?? '');
      },
    },
  });
  return { front, asked };
}

async function get(front: OpenGateway, authorization?: string, path = '/things') {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const response = await fetch(`${front.url}${path}`, { headers });
  return [response.status, await response.text()];
}

const allow = () => ({ isAuthorized: true, context: { who: 'ada', scopes: ['a', 'b'] } });

describe('the authorizer in front of a route', () => {
  test('is not asked about a request without its identity source: 401', async () => {
    const { front, asked } = await openGuarded(allow);
    expect(await get(front)).toEqual([401, '{"message":"Unauthorized"}']);
    expect(await get(front, '')).toEqual([401, '{"message":"Unauthorized"}']);
    expect(asked).toEqual([]);
  });

  test('is not asked about a public route', async () => {
    const { front, asked } = await openGuarded(allow);
    expect((await get(front, undefined, '/open'))[0]).toBe(200);
    expect((await get(front, 'Bearer x', '/open'))[0]).toBe(200);
    expect(asked).toEqual([]);
    expect(front.events[1]?.requestContext).not.toHaveProperty('authorizer');
  });

  test('is given the request without its body', async () => {
    const { front, asked } = await openGuarded(allow);
    await fetch(`${front.url}/things?a=1`, {
      method: 'POST',
      body: 'secret',
      headers: { Authorization: 'Bearer x' },
    });
    expect(asked[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeKey: 'POST /things',
      rawPath: '/things',
      rawQueryString: 'a=1',
      identitySource: ['Bearer x'],
      headers: { authorization: 'Bearer x' },
      requestContext: { http: { method: 'POST' } },
    });
    expect(asked[0]).not.toHaveProperty('body');
  });

  test('hands its context to the function', async () => {
    const { front } = await openGuarded(allow);
    expect((await get(front, 'Bearer x'))[0]).toBe(200);
    expect(front.events[0]?.requestContext.authorizer).toEqual({
      lambda: { who: 'ada', scopes: ['a', 'b'] },
    });
  });

  test('keeps its kept answer out of reach of the functions', async () => {
    const { front } = await openGuarded(allow);
    await get(front, 'Bearer x');
    const lambda = front.events[0]?.requestContext.authorizer?.lambda as Record<string, unknown>;
    lambda.who = 'mallory';
    await get(front, 'Bearer x');
    expect(front.events[1]?.requestContext.authorizer?.lambda).toMatchObject({ who: 'ada' });
  });

  test('denies: 403 without calling the function', async () => {
    const { front } = await openGuarded(() => ({ isAuthorized: false }));
    expect(await get(front, 'Bearer x')).toEqual([403, '{"message":"Forbidden"}']);
    expect(front.events).toEqual([]);
  });

  test.each<[what: string, answer: () => unknown]>([
    ['throws', () => Promise.reject(new Error('JWKS is away'))],
    ['answers nothing', () => undefined],
    ['answers a policy', () => ({ principalId: 'x', policyDocument: {} })],
    ['answers no boolean', () => ({ isAuthorized: 'true' })],
  ])('%s: 500, and it is asked again the next time', async (_what, answer) => {
    const { front, asked } = await openGuarded(answer);
    expect(await get(front, 'Bearer x')).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(await get(front, 'Bearer x')).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(asked.length).toBe(2);
    expect(front.events).toEqual([]);
  });

  test('takes too long: 500', async () => {
    const { front, asked } = await openGuarded(() => new Promise(() => {}));
    const answer = get(front, 'Bearer x');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    await front.timers.advanceAsync(AUTHORIZER_TIMEOUT_MS);
    expect((await answer)[0]).toBe(500);
  });

  test('is asked once for a token until its time is over, whatever the route', async () => {
    const { front, asked } = await openGuarded(allow, 60);
    await get(front, 'Bearer x');
    await get(front, 'Bearer x', '/things/7');
    front.timers.advance(59_999);
    await get(front, 'Bearer x');
    expect(asked.length).toBe(1);
    front.timers.advance(1);
    await get(front, 'Bearer x');
    expect(asked.length).toBe(2);
  });

  test('has its denials kept too', async () => {
    const { front, asked } = await openGuarded(() => ({ isAuthorized: false }));
    await get(front, 'Bearer x');
    expect((await get(front, 'Bearer x'))[0]).toBe(403);
    expect(asked.length).toBe(1);
  });

  test('answers each token by itself', async () => {
    const { front } = await openGuarded((token) => ({ isAuthorized: token === 'Bearer good' }));
    expect((await get(front, 'Bearer good'))[0]).toBe(200);
    expect((await get(front, 'Bearer bad'))[0]).toBe(403);
    expect((await get(front, 'Bearer good'))[0]).toBe(200);
  });

  test('is asked each time when nothing is to be kept', async () => {
    const { front, asked } = await openGuarded(allow, 0);
    await get(front, 'Bearer x');
    await get(front, 'Bearer x');
    expect(asked.length).toBe(2);
  });
});

describe('AuthorizerCache', () => {
  test('lets requests that come at once share one call', async () => {
    const cache = new AuthorizerCache({ timers: new ManualClock(), ttlSeconds: 60 });
    let calls = 0;
    let answer: (value: unknown) => void = () => {};
    const ask = () => {
      calls += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const lookups = [cache.authorize('t', ask), cache.authorize('t', ask), cache.authorize('t', ask)];
    answer({ isAuthorized: true, context: {} });
    expect(await Promise.all(lookups)).toEqual(Array(3).fill({ isAuthorized: true, context: {} }));
    expect(calls).toBe(1);
  });

  test('keeps no more answers than it may, and drops the oldest', async () => {
    const cache = new AuthorizerCache({ timers: new ManualClock(), ttlSeconds: 60, capacity: 2 });
    const asked: string[] = [];
    const lookup = (token: string) =>
      cache.authorize(token, async () => {
        asked.push(token);
        return { isAuthorized: true };
      });
    for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) await lookup(token);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  test('leaves no timer behind', async () => {
    const timers = new ManualClock();
    const cache = new AuthorizerCache({ timers, ttlSeconds: 60 });
    await cache.authorize('t', async () => ({ isAuthorized: true }));
    await cache.authorize('u', async () => Promise.reject(new Error('no'))).catch(() => {});
    expect(timers.scheduledCount).toBe(0);
  });
});
