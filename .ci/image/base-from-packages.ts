import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOnPath } from '#adapters/local/processes/command.ts';
import { IDE_FOLDER } from '#local/installed-ide.ts';
import { BuildError, type ImageEngine } from '#tools/image/engine-build.ts';
import { withProgress } from '#tools/progress.ts';
import { type Distribution, detectDistribution, PACKAGES } from './distribution.ts';

const BASE_FOLDER = join(import.meta.dirname, '../../image/base');
const FINGERPRINT_LABEL = 'workbench.base';
/** Files of the packages that a container does not need. */
const EXCLUDED_PATHS = [
  './var/cache/apt',
  './var/lib/apt/lists',
  './usr/share/doc',
  './usr/share/man',
  './var/log',
];

/**
 * Builds the base of the example image without an image registry: Debian or Ubuntu from debootstrap, the project's
 * Node.js, and the code-server of `npm run local:ide`. Keeps an existing image if it was built from the same inputs.
 *
 * @throws BuildError If a prerequisite is missing or a step fails.
 */
export async function buildBaseFromPackages(engine: ImageEngine, tag: string): Promise<void> {
  const distribution = await detectDistribution();
  const missing = describeMissing(distribution);
  if (missing !== undefined || distribution === undefined) throw new BuildError(missing ?? '');
  await installIde();
  const inputs = await fingerprint(distribution);
  if ((await engine.labelsOf(tag))?.[FINGERPRINT_LABEL] === inputs) {
    console.log(`${tag} is up to date.`);
    return;
  }
  // debootstrap creates device nodes, so this folder must not be on a file system with `nodev`.
  const folder = await mkdtemp(join(process.env.WB_IMAGE_TMP ?? tmpdir(), 'workbench-base-'));
  const root = join(folder, 'root');
  try {
    const log = join(tmpdir(), 'workbench-base.log');
    await withProgress(
      `Downloading packages of ${distribution.suite}`,
      runLogged('debootstrap', debootstrapArguments(distribution, root), log),
    );
    await withProgress('Adding Node.js and code-server', addPrograms(root));
    await withProgress(`Importing ${tag}`, importBase(engine, tag, root, inputs));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describeMissing(distribution: Distribution | undefined): string | undefined {
  const alternative = 'Alternatively give the engine access to a registry with node:24-bookworm-slim.';
  if (process.platform !== 'linux' || distribution === undefined) {
    return `Without a registry the base image is built from packages of Debian or Ubuntu, but this is another system. ${alternative}`;
  }
  if (process.getuid?.() !== 0)
    return `Without a registry the base image is built with debootstrap, which requires root. ${alternative}`;
  if (findOnPath('debootstrap', process.env.PATH) === undefined) {
    return `Without a registry the base image is built with debootstrap: apt-get install -y debootstrap. ${alternative}`;
  }
  return undefined;
}

/** Does nothing if code-server is installed. */
async function installIde(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../ide/install-ide.ts')], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new BuildError('The installation of code-server failed, which the image contains.');
}

/** Hashes the inputs of the base that this project determines. */
async function fingerprint(distribution: Distribution): Promise<string> {
  const files = [
    join(IDE_FOLDER, 'installed'),
    join(BASE_FOLDER, 'start-code-server.sh'),
    import.meta.filename,
  ];
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const inputs = JSON.stringify([distribution, PACKAGES, process.version, process.arch, ...contents]);
  return createHash('sha256').update(inputs).digest('hex').slice(0, 32);
}

function debootstrapArguments({ suite, components }: Distribution, root: string): readonly string[] {
  return [
    '--variant=minbase',
    `--components=${components.join(',')}`,
    `--include=${PACKAGES.join(',')}`,
    suite,
    root,
  ];
}

async function addPrograms(root: string): Promise<void> {
  const bin = join(root, 'usr/local/bin');
  await mkdir(bin, { recursive: true });
  await copyFile(process.execPath, join(bin, 'node'));
  await copyFile(join(BASE_FOLDER, 'start-code-server.sh'), join(bin, 'code-server'));
  for (const file of ['node', 'code-server']) await chmod(join(bin, file), 0o755);
  const ide = join(root, 'opt/code-server');
  await mkdir(ide, { recursive: true });
  await cp(join(IDE_FOLDER, 'node_modules'), join(ide, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
}

async function importBase(engine: ImageEngine, tag: string, root: string, inputs: string): Promise<void> {
  const excluded = EXCLUDED_PATHS.map((path) => `--exclude=${path}/*`);
  const tar = spawn('tar', ['-C', root, '--numeric-owner', ...excluded, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => tar.once('error', reject).once('exit', resolve));
  await engine.import(tar.stdout, tag, [
    `LABEL ${FINGERPRINT_LABEL}=${inputs}`,
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]);
  if ((await ended) !== 0) throw new BuildError('tar failed to pack the base image.');
}

/** Runs a program with its output in a log file. If it fails, the error contains the last lines. */
async function runLogged(program: string, args: readonly string[], log: string): Promise<void> {
  const output = createWriteStream(log);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  await new Promise((resolve) => output.end(resolve));
  if (code === 0) return;
  const lastLines = existsSync(log)
    ? (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n')
    : '';
  throw new BuildError(`${lastLines}\n\n${program} failed. Its output is in ${log}`);
}
