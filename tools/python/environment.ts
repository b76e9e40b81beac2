import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withProgress } from '../progress.ts';
import { replaceFolder } from '../replace-folder.ts';
import { describeMissing } from './missing-python.ts';

/** Python packages in a folder of this project, next to node_modules. Git ignores the folder. */
export interface PythonEnvironment {
  /** What is installed, such as `JupyterHub`. */
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path of the list of all packages, each in one exact version. */
  readonly requirements: string;
}

export class InstallError extends Error {}

/** Written at the end: the requirements and the Python version. */
const STAMP = 'installed';

const execute = promisify(execFile);

/** Returns the path of the Python that has the packages. */
export function pythonOf({ folder }: Pick<PythonEnvironment, 'folder'>): string {
  return join(folder, 'bin/python');
}

/**
 * Installs the packages with pip and the user's pip configuration, unless the same versions are installed.
 * @throws InstallError Says what to do.
 */
export async function installPythonEnvironment(environment: PythonEnvironment): Promise<void> {
  const { name, folder, requirements } = environment;
  const missing = describeMissing(name);
  if (missing !== undefined) throw new InstallError(missing);
  const stamp = `${await readPythonVersion('python3')}\n${await readFile(requirements, 'utf8')}`;
  const installed = await readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
  // The Python with which the environment was created may have been uninstalled.
  const version = await readPythonVersion(pythonOf(environment)).catch(() => undefined);
  if (installed === stamp && version !== undefined) return;
  await replaceFolder(folder, async (temporary) => {
    await withProgress(`Installing ${name} into ${folder}`, install(temporary, requirements), process.stderr);
    await renamePython(temporary, folder);
    await writeFile(join(temporary, STAMP), stamp);
  });
}

/** Commands name their Python by its absolute path in their first line. The folder is renamed after the installation. */
export async function renamePython(temporary: string, folder: string): Promise<void> {
  const commands = join(temporary, 'bin');
  const start = Buffer.from(`#!${temporary}/`);
  for (const { name } of (await readdir(commands, { withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )) {
    const path = join(commands, name);
    const content = await readFile(path);
    if (!content.subarray(0, start.length).equals(start)) continue;
    // Writing keeps the permissions.
    await writeFile(path, Buffer.concat([Buffer.from(`#!${folder}/`), content.subarray(start.length)]));
  }
}

async function readPythonVersion(python: string): Promise<string> {
  const { stdout } = await execute(python, ['-c', 'import sys; print(sys.version)']);
  return stdout.trim();
}

async function install(folder: string, requirements: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  try {
    await execute('python3', ['-m', 'venv', folder]);
    await execute(pythonOf({ folder }), [...pip, '-r', requirements]);
  } catch (error) {
    // The message contains the command and its output.
    throw new InstallError(error instanceof Error ? error.message : String(error));
  }
}
