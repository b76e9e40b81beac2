import { existsSync } from 'node:fs';
import { findOnPath } from '#adapters/local/processes/command.ts';

/** What a fault needs of the computer. */
export interface Need {
  readonly met: boolean;
  /** What is missing if it is not met, and how to get it. */
  readonly missing: string;
}

export const LINUX: Need = { met: existsSync('/proc/self/environ'), missing: 'Linux, for its /proc' };

export function programOf(name: string, packageName: string): Need {
  return {
    met: findOnPath(name, process.env.PATH) !== undefined,
    missing: `${name}: apt-get install ${packageName}`,
  };
}

/**
 * Skips a test if something that it needs is missing, and says what. With FAULTS=required, as in CI, the test fails
 * instead.
 */
export function skipUnlessMet(skip: (reason: string) => never, ...needs: readonly Need[]): void {
  const missing = needs.filter(({ met }) => !met).map((need) => need.missing);
  if (missing.length === 0) return;
  const reason = `it needs ${missing.join(', ')}`;
  if (process.env.FAULTS === 'required') throw new Error(reason);
  console.warn(`Skipped: ${reason}.`);
  skip(reason);
}
