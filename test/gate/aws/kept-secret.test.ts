import { expect, it } from 'vitest';
import { SECRET_CACHE_TTL_MS } from '#adapters/auth-secret.ts';
import { KEYS_MAX_AGE_MS, KEYS_RETRY_MS, keepSecret } from '#gate/aws/kept-secret.ts';
import { parseSealKeys } from '#gate/aws/secrets.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

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
