import { describe, expect, it } from 'vitest';
import {
  SECRET_WINDOW_MS,
  SecretAttempts,
  SLOW_INTERVAL_MS,
  WAITING_CLIENTS_MAX,
  WRONG_SECRETS_MAX,
  WRONG_SECRETS_OF_ALL_MAX,
} from '#gate/sign-in/secret-attempts.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const client = (name: string, isKnown = false) => ({ name, isKnown });

function setUp() {
  const clock = new ManualClock();
  const attempts = new SecretAttempts(clock);
  const noteWrong = (name: string, times: number, isKnown = false) => {
    for (let count = 0; count < times; count += 1) attempts.noteWrong(client(name, isKnown));
  };
  /** Wrong secrets of so many clients that the comparisons of unknown browsers are slow. */
  const slowDown = () => {
    for (let n = 0; n < WRONG_SECRETS_OF_ALL_MAX; n += 1) attempts.noteWrong(client(`other-${n}`));
  };
  return { clock, attempts, noteWrong, slowDown };
}

describe('SecretAttempts', () => {
  it('refuses the secrets of a client after ten wrong ones, until a minute after the first', async () => {
    const { clock, attempts, noteWrong } = setUp();
    noteWrong('a', 1);
    clock.advance(SECRET_WINDOW_MS - 1);
    noteWrong('a', WRONG_SECRETS_MAX - 2);
    expect(await attempts.admit(client('a'))).toBe(true);
    noteWrong('a', 1);
    expect(await attempts.admit(client('a'))).toBe(false);
    expect(await attempts.admit(client('b'))).toBe(true);
    clock.advance(1);
    expect(await attempts.admit(client('a'))).toBe(true);
  });

  it('compares the secrets of unknown browsers one after another if many were wrong', async () => {
    const { clock, attempts, slowDown } = setUp();
    slowDown();
    const admitted: string[] = [];
    for (const name of ['a', 'b']) void attempts.admit(client(name)).then(() => admitted.push(name));
    expect(await attempts.admit(client('known', true))).toBe(true);
    clock.advance(SLOW_INTERVAL_MS);
    await expect.poll(() => admitted).toEqual(['a']);
    clock.advance(SLOW_INTERVAL_MS);
    await expect.poll(() => admitted).toEqual(['a', 'b']);
    // The next one has to wait again.
    void attempts.admit(client('a')).then(() => admitted.push('a'));
    await Promise.resolve();
    expect([clock.scheduledCount, admitted.length]).toEqual([1, 2]);
    clock.advance(SECRET_WINDOW_MS);
    expect(await attempts.admit(client('c'))).toBe(true);
    expect(clock.scheduledCount).toBe(0);
  });

  it('lets a client wait with one secret at a time, and no more clients than a minute is enough for', async () => {
    const { clock, attempts, slowDown } = setUp();
    slowDown();
    const waiting = Array.from({ length: WAITING_CLIENTS_MAX }, (_, n) => attempts.admit(client(`w-${n}`)));
    expect(await attempts.admit(client('w-0'))).toBe(false);
    expect(await attempts.admit(client('more'))).toBe(false);
    clock.advance(SECRET_WINDOW_MS);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([true]));
  });

  it('is not slowed down by a browser that is known', async () => {
    const { attempts, noteWrong } = setUp();
    noteWrong('known', WRONG_SECRETS_OF_ALL_MAX, true);
    expect(await attempts.admit(client('known', true))).toBe(false);
    expect(await attempts.admit(client('a'))).toBe(true);
  });

  it('counts a thousand clients', async () => {
    const { attempts, noteWrong } = setUp();
    noteWrong('first', WRONG_SECRETS_MAX, true);
    for (let n = 0; n < 999; n += 1) noteWrong(`other-${n}`, 1, true);
    expect(await attempts.admit(client('first', true))).toBe(false);
    noteWrong('one more', 1, true);
    expect(await attempts.admit(client('first', true))).toBe(true);
  });
});
