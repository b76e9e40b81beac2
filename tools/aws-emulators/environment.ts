import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withProgress } from '../progress.ts';
import { replaceFolder } from '../replace-folder.ts';
import { describeMissing } from './python.ts';

/** A Python environment of the project's own, not kept in its history. */
const FOLDER = join(import.meta.dirname, '../../.workbench-emulators');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** Written when all is done: what was installed, and for which Python. */
const STAMP = 'installed';

/** The Python that has the emulators. */
export const PYTHON = join(FOLDER, 'bin/python');

export class InstallError extends Error {}

const execute = promisify(execFile);

/**
 * Installs the emulators with pip, as that is set up on this machine, unless just these are there.
 * @throws InstallError that says what to do about it
 */
export async function installEmulators(): Promise<void> {
  const missing = describeMissing();
  if (missing !== undefined) throw new InstallError(missing);
  const stamp = `${await pythonVersion('python3')}\n${await readFile(REQUIREMENTS, 'utf8')}`;
  const installed = await readFile(join(FOLDER, STAMP), 'utf8').catch(() => undefined);
  // It may have been made with a Python that has been taken off the machine since.
  if (installed === stamp && (await pythonVersion(PYTHON).catch(() => undefined)) !== undefined) return;
  await replaceFolder(FOLDER, async (folder) => {
    await withProgress(`Installing emulators of AWS into ${FOLDER}`, install(folder));
    await writeFile(join(folder, STAMP), stamp);
  });
}

async function pythonVersion(python: string): Promise<string> {
  const { stdout } = await execute(python, ['-c', 'import sys; print(sys.version)']);
  return stdout.trim();
}

async function install(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  try {
    await execute('python3', ['-m', 'venv', folder]);
    await execute(join(folder, 'bin/python'), [...pip, '-r', REQUIREMENTS]);
  } catch (error) {
    // It names the command and holds what that has said.
    throw new InstallError(error instanceof Error ? error.message : String(error));
  }
}
