import { describe, expect, it } from 'vitest';
import { cacheFromSecret, parseSecretKeys, SECRET_CACHE_TTL_MS } from '#functions/authorizer/auth-secret.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const STATIC = 'a-static-key-of-some-length';
const JWT = 'a-jwt-key-that-is-at-least-32-long';

describe('the keys in a secret', () => {
  it.each([
    [{ static_key: STATIC }, STATIC, undefined],
    [{ jwt_key: JWT }, undefined, JWT],
    [{ static_key: STATIC, jwt_key: JWT }, STATIC, JWT],
  ])('are one or both: %o', (secret, staticKey, jwtKey) => {
    expect(parseSecretKeys(JSON.stringify(secret))).toEqual({
      RESTAPI_AUTH_STATIC_KEY: staticKey,
      RESTAPI_AUTH_JWT_KEY: jwtKey,
    });
  });

  it.each([
    ['what is no JSON', 'hunter2-hunter2-hunter2'],
    ['what is no object', '["hunter2-hunter2-hunter2"]'],
    ['nothing', '{}'],
    ['empty keys', '{"static_key":"","jwt_key":""}'],
    ['a key by another name', '{"staticKey":"hunter2-hunter2-hunter2"}'],
    ['more than the keys', `{"static_key":"${STATIC}","jwtKey":"hunter2-hunter2-hunter2-hunter2-hunter2"}`],
    ['a key that is no text', '{"static_key":["hunter2-hunter2-hunter2"]}'],
    ['a static key that is too short', '{"static_key":"hunter2"}'],
    ['a JWT key that is too short', '{"jwt_key":"hunter2-hunter2-hunter2"}'],
    ['a key with spaces', '{"static_key":"hunter2 hunter2 hunter2"}'],
    ['a secret of any length', `{"static_key":"${'hunter2'.repeat(10_000)}"}`],
  ])('are not %s, and the error does not tell what it is', (_, secret) => {
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
  const state = { secret: 'first', fetched: 0, made: 0 };
  const current = cacheFromSecret(
    clock,
    async () => {
      state.fetched += 1;
      if (state.secret === '') throw new Error('no answer');
      return state.secret;
    },
    (text) => {
      state.made += 1;
      if (text === 'bad') throw new Error('no keys');
      return { text };
    },
  );
  return { clock, state, current };
}

describe('what is made of a secret', () => {
  it('is made once, also for many who ask at once', async () => {
    const { state, current } = setUp();
    await Promise.all([current(), current(), current()]);
    await current();
    expect(state).toMatchObject({ fetched: 1, made: 1 });
  });

  it('is looked at again after five minutes, and kept when the secret is the same', async () => {
    const { clock, state, current } = setUp();
    const first = await current();
    clock.advance(SECRET_CACHE_TTL_MS - 1);
    await current();
    expect(state.fetched).toBe(1);
    clock.advance(1);
    expect(await current()).toBe(first);
    expect(state).toMatchObject({ fetched: 2, made: 1 });
  });

  it('follows a rotation', async () => {
    const { clock, state, current } = setUp();
    await current();
    state.secret = 'second';
    clock.advance(SECRET_CACHE_TTL_MS);
    expect(await current()).toEqual({ text: 'second' });
  });

  it('is not to be had when the secret is not, even when there was one, and is tried again at once', async () => {
    const { clock, state, current } = setUp();
    await current();
    state.secret = '';
    clock.advance(SECRET_CACHE_TTL_MS);
    await expect(current()).rejects.toThrow('no answer');
    await expect(current()).rejects.toThrow('no answer');
    state.secret = 'second';
    expect(await current()).toEqual({ text: 'second' });
  });

  it('is not to be had while the secret is no good', async () => {
    const { state, current } = setUp();
    state.secret = 'bad';
    await expect(current()).rejects.toThrow('no keys');
    state.secret = 'good';
    expect(await current()).toEqual({ text: 'good' });
  });

  it('is looked at again when the clock has stepped back', async () => {
    const { clock, state, current } = setUp();
    await current();
    clock.advance(-1);
    await current();
    expect(state.fetched).toBe(2);
  });
});
