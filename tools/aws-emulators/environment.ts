import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withProgress } from '../progress.ts';
import { replaceFolder } from '../replace-folder.ts';
import { describeMissing } from './python.ts';

/** The Python environment of this project. Git ignores it. */
const FOLDER = join(import.meta.dirname, '../../.workbench-emulators');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** Written at the end: the requirements and the Python version. */
const STAMP = 'installed';

/** The Python with the emulators. */
export const PYTHON = join(FOLDER, 'bin/python');

export class InstallError extends Error {}

const execute = promisify(execFile);

/**
 * Installs the emulators with pip and the user's pip configuration, unless the same versions are installed.
 * @throws InstallError Says what to do.
 */
export async function installEmulators(): Promise<void> {
  const missing = describeMissing();
  if (missing !== undefined) throw new InstallError(missing);
  const stamp = `${await readPythonVersion('python3')}\n${await readFile(REQUIREMENTS, 'utf8')}`;
  const installed = await readFile(join(FOLDER, STAMP), 'utf8').catch(() => undefined);
  // The Python with which the environment was created may have been uninstalled.
  if (installed === stamp && (await readPythonVersion(PYTHON).catch(() => undefined)) !== undefined) return;
  await replaceFolder(FOLDER, async (folder) => {
    await withProgress(`Installing AWS emulators into ${FOLDER}`, install(folder));
    await writeFile(join(folder, STAMP), stamp);
  });
}

async function readPythonVersion(python: string): Promise<string> {
  const { stdout } = await execute(python, ['-c', 'import sys; print(sys.version)']);
  return stdout.trim();
}

async function install(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  try {
    await execute('python3', ['-m', 'venv', folder]);
    await execute(join(folder, 'bin/python'), [...pip, '-r', REQUIREMENTS]);
  } catch (error) {
    // The message contains the command and its output.
    throw new InstallError(error instanceof Error ? error.message : String(error));
  }
}
