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
/** What a container does not need of what the packages bring. */
const EXCLUDED_PATHS = [
  './var/cache/apt',
  './var/lib/apt/lists',
  './usr/share/doc',
  './usr/share/man',
  './var/log',
];

/**
 * Makes the base of the example image without any registry of images: Debian or Ubuntu by debootstrap, this
 * project's own Node.js and the code-server of `npm run local:ide`. One that is there and was made of the same
 * is kept.
 *
 * @throws BuildError for what the user can put right
 */
export async function buildBaseFromPackages(engine: ImageEngine, tag: string): Promise<void> {
  const distribution = await detectDistribution();
  const missing = describeMissing(distribution);
  if (missing !== undefined || distribution === undefined) throw new BuildError(missing ?? '');
  await installIde();
  const made = await fingerprint(distribution);
  if ((await engine.labelsOf(tag))?.[FINGERPRINT_LABEL] === made) {
    console.log(`${tag} is there, made of the same.`);
    return;
  }
  // Under /tmp as under any folder: the bootstrap makes device nodes and must not be on a `nodev` disk.
  const folder = await mkdtemp(join(process.env.WB_IMAGE_TMP ?? tmpdir(), 'workbench-base-'));
  const root = join(folder, 'root');
  try {
    const log = join(tmpdir(), 'workbench-base.log');
    await withProgress(
      `Fetching the packages of ${distribution.suite}`,
      runLogged('debootstrap', debootstrapArguments(distribution, root), log),
    );
    await withProgress('Adding Node.js and code-server', addPrograms(root));
    await withProgress(`Taking it in as ${tag}`, importBase(engine, tag, root, made));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describeMissing(distribution: Distribution | undefined): string | undefined {
  const how = 'Otherwise let the engine reach a registry that has node:24-bookworm-slim.';
  if (process.platform !== 'linux' || distribution === undefined) {
    return `Without a registry the image is built from the packages of Debian or Ubuntu, and this is neither. ${how}`;
  }
  if (process.getuid?.() !== 0) return `Without a registry the image is built by root (debootstrap). ${how}`;
  if (findOnPath('debootstrap', process.env.PATH) === undefined) {
    return `Without a registry the image needs debootstrap: apt-get install -y debootstrap. ${how}`;
  }
  return undefined;
}

/** Does nothing when it is installed. */
async function installIde(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../ide/install-ide.ts')], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new BuildError('code-server could not be installed, and the image holds it.');
}

/** Of everything that the base is made of, as far as it is chosen here. */
async function fingerprint(distribution: Distribution): Promise<string> {
  const files = [
    join(IDE_FOLDER, 'installed'),
    join(BASE_FOLDER, 'start-code-server.sh'),
    import.meta.filename,
  ];
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const all = JSON.stringify([distribution, PACKAGES, process.version, process.arch, ...contents]);
  return createHash('sha256').update(all).digest('hex').slice(0, 32);
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

async function importBase(engine: ImageEngine, tag: string, root: string, made: string): Promise<void> {
  const excluded = EXCLUDED_PATHS.map((path) => `--exclude=${path}/*`);
  const tar = spawn('tar', ['-C', root, '--numeric-owner', ...excluded, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => tar.once('error', reject).once('exit', resolve));
  await engine.import(tar.stdout, tag, [
    `LABEL ${FINGERPRINT_LABEL}=${made}`,
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]);
  if ((await ended) !== 0) throw new BuildError('the base could not be packed');
}

/** Runs a program, its output into a log, of which the end is told when it fails. */
async function runLogged(program: string, args: readonly string[], log: string): Promise<void> {
  const output = createWriteStream(log);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  await new Promise((resolve) => output.end(resolve));
  if (code === 0) return;
  const end = existsSync(log)
    ? (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n')
    : '';
  throw new BuildError(`${end}\n\n${program} failed. All that it said is in ${log}`);
}
