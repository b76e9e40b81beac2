/**
 * `npm run local:ide`: installs code-server for this project alone, into a folder beside node_modules where
 * `npm start` finds it. Done before, it does nothing; broken off, it begins anew.
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

/** code-server refuses every other major version. */
const NODE_MAJOR = 24;
/** What is installed: a package.json with its lock file. */
const PINNED_FOLDER = join(import.meta.dirname, '../../image/base/code-server');
const START_SCRIPT = 'bin/code-server';
/** Written when all is done: what was installed, and for which Node.js its native parts were built. */
const STAMP = 'installed';
/** What a failed installation has said is kept there. */
const LOG = `${IDE_FOLDER}.log`;
const CODE_SERVER = 'node_modules/code-server';
/** The native parts that a workbench does not do without. */
const NATIVE_PARTS = ['node-pty', '@vscode/spdlog', '@vscode/native-watchdog', '@parcel/watcher'];

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
    console.log(`code-server is installed in ${IDE_FOLDER}: npm start finds it there.`);
    return;
  }
  if (Number.parseInt(process.versions.node, 10) !== NODE_MAJOR) {
    throw new InstallError(`code-server needs Node.js ${NODE_MAJOR}, and this is ${process.version}.`);
  }
  const missing = describeMissing();
  if (missing !== undefined) throw new InstallError(missing);

  console.log(`code-server goes into ${IDE_FOLDER}: about 620 MB.`);
  await replaceFolder(IDE_FOLDER, async (folder) => {
    await withProgress('Fetching and compiling it, which takes some minutes', fetchAndBuild(folder));
    checkNativeParts(folder);
    await mkdir(join(folder, dirname(START_SCRIPT)));
    await writeFile(join(folder, START_SCRIPT), renderStartScript());
    await chmod(join(folder, START_SCRIPT), 0o755);
    await writeFile(join(folder, STAMP), stamp);
  });
  console.log('npm start now opens workbenches in code-server. WB_LOCAL_IDE=page keeps to the small page.');
}

/** Installs what the lock file pins. */
async function fetchAndBuild(folder: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(join(PINNED_FOLDER, file), join(folder, file));
  }
  await writeFile(LOG, '');
  const flags = ['--no-fund', '--no-audit', '--foreground-scripts'];
  const place = { folder, log: LOG };
  // What is compiled is compiled by an npm that is pinned too: that of a distribution may link it to the
  // distribution's own Node.js, with which it crashes.
  const done =
    (await runNpm(currentNpm(), ['ci', '--ignore-scripts', ...flags], place)) &&
    (await runNpm(npmInFolder(folder), ['rebuild', ...flags], place));
  if (done) return;
  const end = (await readFile(LOG, 'utf8')).trimEnd().split('\n').slice(-25).join('\n');
  throw new InstallError(`${end}\n\ncode-server could not be installed. All that npm said is in ${LOG}`);
}

/** An install script that fails is not always told. */
function checkNativeParts(folder: string): void {
  const load = `for (const part of ${JSON.stringify(NATIVE_PARTS)}) require(part)`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', load], {
    cwd: join(folder, CODE_SERVER, 'lib/vscode'),
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = signal === null ? stderr : `Loading them ended with ${signal}.`;
  throw new InstallError(`code-server is built, and its native parts do not load. ${why}\nSee ${LOG}`);
}

/** Starts code-server with the Node.js it was built for, whatever `node` is on PATH. */
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
