/**
 * `npm run local:ide`: installs code-server for this project only, into a folder next to node_modules where `npm start`
 * finds it. Does nothing if it is installed; starts over after an interruption.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { IDE_FOLDER, INSTALLED_IDE } from '#local/installed-ide.ts';
import { withProgress } from '#tools/progress.ts';
import { replaceFolder } from '#tools/replace-folder.ts';
import { currentNpm, npmInFolder, runNpm } from './npm.ts';
import { describeMissing } from './prerequisites.ts';

/** code-server supports only this major version. */
const NODE_MAJOR = 24;
/** The package.json and lock file to install. */
const PINNED_FOLDER = join(import.meta.dirname, '../../image/base/code-server');
const START_SCRIPT = 'bin/code-server';
/** Written at the end: the lock file, and the Node.js version for which native modules were built. */
const STAMP = 'installed';
/** Output of the installation, kept if it fails. */
const LOG = `${IDE_FOLDER}.log`;
const CODE_SERVER = 'node_modules/code-server';
/** The native modules that a workbench requires. */
const NATIVE_MODULES = ['node-pty', '@vscode/spdlog', '@vscode/native-watchdog', '@parcel/watcher'];

class InstallError extends Error {}

try {
  await install();
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function install(): Promise<void> {
  const lock = await readFile(join(PINNED_FOLDER, 'package-lock.json'), 'utf8');
  const stamp = `${process.version} ${process.arch}\n${lock}`;
  const installed = await readFile(join(IDE_FOLDER, STAMP), 'utf8').catch(() => undefined);
  if (installed === stamp && existsSync(join(IDE_FOLDER, START_SCRIPT))) {
    console.log(`code-server is installed in ${IDE_FOLDER}. npm start uses it.`);
    return;
  }
  if (Number.parseInt(process.versions.node, 10) !== NODE_MAJOR) {
    throw new InstallError(`code-server requires Node.js ${NODE_MAJOR}; this is ${process.version}.`);
  }
  const missing = describeMissing();
  if (missing !== undefined) throw new InstallError(missing);

  console.log(`Installing code-server into ${IDE_FOLDER} (about 620 MB).`);
  await replaceFolder(IDE_FOLDER, async (folder) => {
    await withProgress('Downloading and compiling code-server (takes some minutes)', fetchAndBuild(folder));
    checkNativeModules(folder);
    await mkdir(join(folder, dirname(START_SCRIPT)));
    await writeFile(join(folder, START_SCRIPT), renderStartScript());
    await chmod(join(folder, START_SCRIPT), 0o755);
    await writeFile(join(folder, STAMP), stamp);
  });
  console.log(
    'npm start now opens workbenches in code-server. Set WB_LOCAL_IDE=page to use the built-in page instead.',
  );
}

/** Installs the versions in the lock file. */
async function fetchAndBuild(folder: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(join(PINNED_FOLDER, file), join(folder, file));
  }
  await writeFile(LOG, '');
  const flags = ['--no-fund', '--no-audit', '--foreground-scripts'];
  const options = { folder, log: LOG };
  // The pinned npm compiles native modules. The npm of a distribution may compile for the Node.js of the distribution,
  // and the modules would crash.
  const succeeded =
    (await runNpm(currentNpm(), ['ci', '--ignore-scripts', ...flags], options)) &&
    (await runNpm(npmInFolder(folder), ['rebuild', ...flags], options));
  if (succeeded) return;
  const lastLines = (await readFile(LOG, 'utf8')).trimEnd().split('\n').slice(-25).join('\n');
  throw new InstallError(
    `${lastLines}\n\nThe installation of code-server failed. The output of npm is in ${LOG}`,
  );
}

/** npm does not report every install script that fails. */
function checkNativeModules(folder: string): void {
  const load = `for (const name of ${JSON.stringify(NATIVE_MODULES)}) require(name)`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', load], {
    cwd: join(folder, CODE_SERVER, 'lib/vscode'),
    encoding: 'utf8',
  });
  if (status === 0) return;
  const cause = signal === null ? stderr : `The process ended with ${signal}.`;
  throw new InstallError(`The native modules of code-server do not load. ${cause}\nSee ${LOG}`);
}

/** The script starts code-server with the Node.js for which it was built, not with the `node` on PATH. */
function renderStartScript(): string {
  const fromHere = (file: string) => {
    const path = relative(INSTALLED_IDE, file);
    const inProject = !isAbsolute(path) && !relative(dirname(IDE_FOLDER), file).startsWith('..');
    return inProject ? `"$here/${path}"` : `'${file.replaceAll("'", "'\\''")}'`;
  };
  const entry = join(IDE_FOLDER, CODE_SERVER, 'out/node/entry.js');
  return [
    '#!/bin/sh',
    '# Written by `npm run local:ide`.',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
    `exec ${fromHere(process.execPath)} ${fromHere(entry)} "$@"`,
    '',
  ].join('\n');
}
