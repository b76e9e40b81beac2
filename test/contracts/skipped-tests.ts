import { afterAll, expect, it, type TestContext } from 'vitest';

/**
 * Contract tests that an implementation cannot pass because of a layer below it, by title, each with the reason and the
 * place where the behaviour is proven instead.
 */
export type SkippedTests = Readonly<Record<string, string>>;

/** `it` for contract tests: skips the listed ones with their reason. A title that matches no test fails. */
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
