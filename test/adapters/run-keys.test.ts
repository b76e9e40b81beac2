import { expect, it } from 'vitest';
import { cacheRunKeys, parseRunKeys } from '#adapters/run-keys.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const KEY = 'hunter2-hunter2-hunter2-hunter2-hunter2';
const HOUR = 3_600_000;

it('the current key comes first, and the previous one is still known', () => {
  expect(parseRunKeys(JSON.stringify({ current: KEY }))).toEqual([KEY]);
  expect(parseRunKeys(JSON.stringify({ current: KEY, previous: `${KEY}0` }))).toEqual([KEY, `${KEY}0`]);
});

it.each([
  KEY,
  '{}',
  '{"current":"hunter2"}',
  `{"previous":"${KEY}"}`,
  `{"current":"${KEY}","other":"${KEY}"}`,
])('the secret %j is refused, with an error that does not contain it', (text) => {
  expect(() => parseRunKeys(text)).toThrow(/^the secret of run tokens must be/);
  expect(() => parseRunKeys(text)).not.toThrow(/hunter2/);
});

it('known keys are used for a day while the secret cannot be read', async () => {
  const clock = new ManualClock(0);
  const failures: unknown[] = [];
  let text: string | undefined = JSON.stringify({ current: KEY });
  const fetch = async () => text ?? Promise.reject(new Error('no response'));
  const read = cacheRunKeys(clock, fetch, (error) => failures.push(error));
  expect(await read()).toEqual([KEY]);
  text = undefined;
  clock.advance(23 * HOUR);
  expect(await read()).toEqual([KEY]);
  expect(failures).toHaveLength(1);
  clock.advance(2 * HOUR);
  await expect(read()).rejects.toThrow('no response');
});
