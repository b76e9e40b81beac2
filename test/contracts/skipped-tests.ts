import { afterAll, expect, it, type TestContext } from 'vitest';

/**
 * Tests of a contract that something under an implementation does not let it pass, by their titles, each with the
 * reason in words and the place where it is proven instead.
 */
export type SkippedTests = Readonly<Record<string, string>>;

/** `it` for the tests of a contract: skips those excepted, and says why. An exception for no test is a fault. */
export function itUnlessSkipped(exceptions: SkippedTests = {}): ContractIt {
  const unknown = new Set(Object.keys(exceptions));
  afterAll(() => expect([...unknown], 'exceptions for tests that do not exist').toEqual([]));
  return (title, test) => {
    unknown.delete(title);
    const why = exceptions[title];
    if (why === undefined) it(title, test);
    else it.skip(`${title} (skipped: ${why})`, test);
  };
}

export type ContractIt = (title: string, test: (context: TestContext) => Promise<void>) => void;
