import { describe, expect, it } from 'vitest';
import { cacheFromSecret, SECRET_CACHE_TTL_MS } from '#adapters/auth-secret.ts';
import {
  KEYS_MAX_AGE_MS,
  KEYS_RETRY_MS,
  keepSecret,
  parseClientSecret,
  parseSealKeys,
} from '#gate/aws/secrets.ts';
import { Seal } from '#gate/session/seal.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const KEY = 'a'.repeat(48);
const OTHER = 'b'.repeat(48);

describe('the keys of sessions', () => {
  it('are one, or two during a rotation, with different ids', () => {
    const one = parseSealKeys(JSON.stringify({ current: KEY }));
    expect(one.previous).toBeUndefined();
    const two = parseSealKeys(JSON.stringify({ current: OTHER, previous: KEY }));
    expect(two.previous?.id).toBe(one.current.id);
    expect(two.current.id).not.toBe(one.current.id);
  });

  it.each(['', '[]', '{}', `{"current":1}`, `{"current":"${KEY}","next":"${OTHER}"}`, `{"current":"short"}`])(
    'are refused in %j by a message without the secret',
    (text) => {
      expect(() => parseSealKeys(text)).toThrow(/^(?!.*(aaa|bbb|short))/);
    },
  );
});

describe('a rotation of the keys', () => {
  const MINUTE_MS = 60_000;
  /** The wait between the two steps in docs/operations.md. */
  const WAIT_MS = 6 * MINUTE_MS;
  /** Tasks read the secret at different times. */
  const TASKS = 5;

  /** Returns how many sealed values one task refuses that another has sealed, while the secret has these values in turn. */
  async function countRefusals(steps: readonly object[]): Promise<number> {
    const clock = new ManualClock();
    let text = JSON.stringify({ current: KEY });
    const tasks = Array.from(
      { length: TASKS },
      () =>
        new Seal(
          cacheFromSecret(clock, async () => text, parseSealKeys),
          clock,
        ),
    );
    const sealed: string[] = [];
    let refusals = 0;
    const useAll = async () => {
      const expiresAt = clock.now() + 8 * 60 * MINUTE_MS;
      for (const task of tasks) sealed.push(await task.seal('sign-in-session', {}, expiresAt));
      for (const task of tasks)
        for (const value of sealed)
          if ((await task.unseal('sign-in-session', value)) === undefined) refusals += 1;
    };
    // Each task reads the secret for the first time in a minute of its own.
    for (const task of tasks) {
      await task.seal('sign-in-session', {}, clock.now() + MINUTE_MS);
      clock.advance(MINUTE_MS);
    }
    for (const step of steps) {
      text = JSON.stringify(step);
      for (let passed = 0; passed < WAIT_MS; passed += MINUTE_MS) {
        await useAll();
        clock.advance(MINUTE_MS);
      }
    }
    await useAll();
    return refusals;
  }

  it('in two steps refuses no session at any task', async () => {
    expect(WAIT_MS).toBeGreaterThan(SECRET_CACHE_TTL_MS);
    const steps = [
      { current: KEY, previous: OTHER },
      { current: OTHER, previous: KEY },
    ];
    expect(await countRefusals(steps)).toBe(0);
  });

  it('in one step refuses sessions of the tasks that have read it', async () => {
    expect(await countRefusals([{ current: OTHER, previous: KEY }])).toBeGreaterThan(0);
  });
});

describe('the secret of the client', () => {
  it('is the field `client_secret`', () => {
    expect(parseClientSecret('{"client_secret":"x y","other":1}')).toBe('x y');
  });

  it.each(['', '"s3cret"', '{}', '{"client_secret":""}', '{"client_secret":7}'])(
    'is refused in %j',
    (text) => {
      expect(() => parseClientSecret(text)).toThrow('`client_secret`');
    },
  );
});

const secretWith = (letter: string) => JSON.stringify({ current: letter.repeat(48) });

function setUp() {
  const clock = new ManualClock();
  const telemetry = new RecordingTelemetry();
  const state: { secret: string | undefined; reads: number } = { secret: secretWith('a'), reads: 0 };
  const open = () =>
    keepSecret({
      setting: 'WB_GATE_KEYS_SECRET_ARN',
      read: async () => {
        state.reads += 1;
        if (state.secret === undefined) throw new Error('no response');
        return state.secret;
      },
      parse: parseSealKeys,
      clock,
      telemetry,
    });
  const failures = () => telemetry.counts.get('gate_keys_unreadable') ?? 0;
  return { clock, failures, open, state, telemetry };
}

it.each([
  ['has no keys', '{}', 'WB_GATE_KEYS_SECRET_ARN cannot be used: the secret must be'],
  ['cannot be read', undefined, 'WB_GATE_KEYS_SECRET_ARN cannot be used: no response'],
])('a gate does not start with a secret that %s', async (_, secret, message) => {
  const { open, state } = setUp();
  state.secret = secret;
  await expect(open()).rejects.toThrow(message);
});

it.each([
  ['cannot be read', undefined],
  ['has become invalid', '{"current":"short"}'],
])(
  'the last keys are used for an hour while the secret %s, and each failure is counted',
  async (_, secret) => {
    const { clock, failures, open, state, telemetry } = setUp();
    const keys = await open();
    const first = await keys();
    state.secret = secret;
    clock.advance(SECRET_CACHE_TTL_MS);
    expect(await keys()).toBe(first);
    expect(failures()).toBe(1);
    expect(telemetry.fields.get('a secret of the gate cannot be read')).toEqual({
      setting: 'WB_GATE_KEYS_SECRET_ARN',
    });
    clock.advance(KEYS_MAX_AGE_MS - SECRET_CACHE_TTL_MS - 1);
    expect(await keys()).toBe(first);
    clock.advance(1);
    await expect(keys()).rejects.toThrow();
    expect(failures()).toBeGreaterThan(1);
  },
);

it('after a failure no request waits for the next read, which follows after 30 seconds', async () => {
  const { clock, open, state } = setUp();
  const keys = await open();
  const first = await keys();
  state.secret = undefined;
  clock.advance(SECRET_CACHE_TTL_MS);
  await keys();
  const { reads } = state;
  state.secret = secretWith('b');
  clock.advance(KEYS_RETRY_MS - 1);
  expect(await keys()).toBe(first);
  expect(state.reads).toBe(reads);
  clock.advance(1);
  expect(await keys()).toBe(first);
  await new Promise(setImmediate);
  expect(await keys()).toEqual(parseSealKeys(secretWith('b')));
  expect(state.reads).toBe(reads + 1);
});
