/**
 * Checks texts that are bound to key columns. SQLite would replace a lone surrogate, so that two keys could become one.
 * Requests with such texts are refused earlier.
 * @throws RangeError
 */
export function assertWellFormed(...keys: readonly string[]): void {
  if (!keys.every((key) => key.isWellFormed())) throw new RangeError('a key is not valid Unicode');
}
