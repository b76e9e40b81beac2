import { expect, it } from 'vitest';
import { isRunToken, runTokenOf, verifyRunToken } from '#adapters/run-token.ts';
import { ID, RUN_ID } from '#test/builders/workbench.ts';

const KEY = 'the-key-of-the-tokens-of-runs';
const RUN = { workbenchId: ID, runId: 'a1b2c3' };

it('the token of a run names it, and is always the same', () => {
  const token = runTokenOf(KEY, RUN);
  expect(token).toBe(runTokenOf(KEY, RUN));
  expect(isRunToken(token)).toBe(true);
  expect(verifyRunToken([KEY], token)).toEqual(RUN);
  expect(verifyRunToken(['another key', KEY], token)).toEqual(RUN);
  expect(RUN_ID).not.toContain('.');
});

it('a token with any other character is not valid', () => {
  const token = runTokenOf(KEY, RUN);
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === 'a' ? 'b' : 'a';
    expect(
      verifyRunToken([KEY], token.slice(0, at) + other + token.slice(at + 1)),
      `at ${at}`,
    ).toBeUndefined();
  }
  // The last character has two bits that no byte uses.
  for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    if (!token.endsWith(last)) expect(verifyRunToken([KEY], token.slice(0, -1) + last)).toBeUndefined();
  }
});

it.each([
  '',
  'wbrun.',
  'wbrun...',
  `wbrun.${ID}.a1b2c3.`,
  `wbrun.${ID}.a1b2c3.${'A'.repeat(43)}`,
  'a-static-key',
])('%j is no token of a run', (token) => {
  expect(verifyRunToken([KEY], token)).toBeUndefined();
});

it('no key verifies no token', () => {
  expect(verifyRunToken([], runTokenOf(KEY, RUN))).toBeUndefined();
});
