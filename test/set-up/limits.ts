/**
 * Time limits of every suite, in milliseconds. Tests wait for conditions. The limits only end a test that hangs, on a
 * computer that is ten times slower than expected.
 */
export const LIMITS = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 300_000 } },
};
