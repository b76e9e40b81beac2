import { delimiter, dirname } from 'node:path';
import type { TestContext } from 'vitest';
import { findOnPath } from '#adapters/local/processes/command.ts';
import { INSTALLED_IDE } from '#local/installed-ide.ts';
import { NOTEBOOK_PROGRAMS } from '#tools/notebooks/environment.ts';

/** The programs that tests open in a browser, and where they are installed if they are not on PATH. */
const INSTALLATIONS = {
  'code-server': { folder: INSTALLED_IDE, command: 'npm run local:ide' },
  'jupyter-lab': { folder: NOTEBOOK_PROGRAMS, command: 'npm run local:notebooks' },
  marimo: { folder: NOTEBOOK_PROGRAMS, command: 'npm run local:notebooks' },
} as const;

export type InstalledProgram = keyof typeof INSTALLATIONS;

/** Set in CI after the installation of all programs. A test fails then instead of being skipped. */
const REQUIRED = process.env.E2E_IDE === 'required';

/** Returns the absolute path of a program. Skips the test if it is not installed and not required. */
export function findInstalled(program: InstalledProgram, skip: TestContext['skip']): string {
  const { folder, command } = INSTALLATIONS[program];
  const file = findOnPath(program, process.env.PATH) ?? findOnPath(program, folder);
  if (file !== undefined) return file;
  const reason = `${program} is not installed: run \`${command}\``;
  if (REQUIRED) throw new Error(reason);
  console.warn(`Skipped: ${reason}.`);
  return skip(reason);
}

/** The environment in which a server finds a program by its name. */
export function onPath(file: string): { readonly PATH: string } {
  return { PATH: `${dirname(file)}${delimiter}${process.env.PATH ?? ''}` };
}
