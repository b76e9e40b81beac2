import { describe, expect, it } from 'vitest';
import { cacheFromSecret, parseSecretKeys, SECRET_CACHE_TTL_MS } from '#adapters/auth-secret.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const STATIC = 'a-static-key-of-some-length';
const JWT = 'a-jwt-key-that-is-at-least-32-long';

describe('parseSecretKeys', () => {
  it.each([
    [{ static_key: STATIC }, STATIC, undefined],
    [{ jwt_key: JWT }, undefined, JWT],
    [{ static_key: STATIC, jwt_key: JWT }, STATIC, JWT],
  ])('returns one or both keys: %o', (secret, staticKey, jwtKey) => {
    expect(parseSecretKeys(JSON.stringify(secret))).toEqual({
      RESTAPI_AUTH_STATIC_KEY: staticKey,
      RESTAPI_AUTH_JWT_KEY: jwtKey,
    });
  });

  it.each([
    ['malformed JSON', 'hunter2-hunter2-hunter2'],
    ['an array', '["hunter2-hunter2-hunter2"]'],
    ['an empty object', '{}'],
    ['empty keys', '{"static_key":"","jwt_key":""}'],
    ['a key with another name', '{"staticKey":"hunter2-hunter2-hunter2"}'],
    ['an unknown field', `{"static_key":"${STATIC}","jwtKey":"hunter2-hunter2-hunter2-hunter2-hunter2"}`],
    ['a key that is not a string', '{"static_key":["hunter2-hunter2-hunter2"]}'],
    ['a short static key', '{"static_key":"hunter2"}'],
    ['a short JWT key', '{"jwt_key":"hunter2-hunter2-hunter2"}'],
    ['a key with spaces', '{"static_key":"hunter2 hunter2 hunter2"}'],
    ['a long key', `{"static_key":"${'hunter2'.repeat(10_000)}"}`],
  ])('rejects %s, with an error that does not contain it', (_, secret) => {
    const error = (() => {
      try {
        return parseSecretKeys(secret);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(Error);
    expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain(
      'hunter2',
    );
  });
});

function setUp() {
  const clock = new ManualClock();
  const state = { secret: 'first', fetched: 0, created: 0 };
  const current = cacheFromSecret(
    clock,
    async () => {
      state.fetched += 1;
      if (state.secret === '') throw new Error('no response');
      return state.secret;
    },
    (text) => {
      state.created += 1;
      if (text === 'bad') throw new Error('no keys');
      return { text };
    },
  );
  return { clock, state, current };
}

describe('cacheFromSecret', () => {
  it('fetches and creates once for concurrent calls', async () => {
    const { state, current } = setUp();
    await Promise.all([current(), current(), current()]);
    await current();
    expect(state).toMatchObject({ fetched: 1, created: 1 });
  });

  it('fetches again after five minutes, and creates again only if the secret has changed', async () => {
    const { clock, state, current } = setUp();
    const first = await current();
    clock.advance(SECRET_CACHE_TTL_MS - 1);
    await current();
    expect(state.fetched).toBe(1);
    clock.advance(1);
    expect(await current()).toBe(first);
    expect(state).toMatchObject({ fetched: 2, created: 1 });
  });

  it('returns the new value after a rotation', async () => {
    const { clock, state, current } = setUp();
    await current();
    state.secret = 'second';
    clock.advance(SECRET_CACHE_TTL_MS);
    expect(await current()).toEqual({ text: 'second' });
  });

  it('throws if the secret cannot be fetched, without using a stale value, and retries at the next call', async () => {
    const { clock, state, current } = setUp();
    await current();
    state.secret = '';
    clock.advance(SECRET_CACHE_TTL_MS);
    await expect(current()).rejects.toThrow('no response');
    await expect(current()).rejects.toThrow('no response');
    state.secret = 'second';
    expect(await current()).toEqual({ text: 'second' });
  });

  it('throws while the secret is invalid', async () => {
    const { state, current } = setUp();
    state.secret = 'bad';
    await expect(current()).rejects.toThrow('no keys');
    state.secret = 'good';
    expect(await current()).toEqual({ text: 'good' });
  });

  it('fetches again in time although the clock is set back by seconds', async () => {
    const { clock, state, current } = setUp();
    await current();
    for (let times = 0; times < 5; times += 1) {
      await current();
      expect(state.fetched).toBe(1);
      clock.advance(SECRET_CACHE_TTL_MS / 5);
      clock.set(-10_000);
    }
    await current();
    expect(state.fetched).toBe(2);
  });

  it('fetches again if the clock was set back', async () => {
    const { clock, state, current } = setUp();
    await current();
    clock.set(-1);
    await current();
    expect(state.fetched).toBe(2);
  });
});
