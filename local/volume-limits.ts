import { mkdir, open, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { BTRFS_PROGRAMS, BtrfsLimits } from '#adapters/local/directories/btrfs-limits.ts';
import { PRJQUOTA_PROGRAMS, PrjquotaLimits } from '#adapters/local/directories/prjquota-limits.ts';
import {
  programRunner,
  type RunProgram,
  VolumeLimitFailed,
  type VolumeLimits,
} from '#adapters/local/directories/volume-limits.ts';
import { isNoSpace } from '#adapters/local/no-space.ts';
import { findOnPath } from '#adapters/local/processes/command.ts';
import type { LocalSettings } from './settings.ts';

/** A file system as `findmnt` describes it. */
interface FileSystem {
  readonly type: string;
  readonly mountPoint: string;
}

interface Mechanism {
  /** Program → its package. */
  readonly programs: Readonly<Record<string, string>>;
  /** What an administrator does if a limit cannot be set. */
  readonly remedy: (mountPoint: string) => string;
  readonly open: (maxBytes: number, fileSystem: FileSystem, run: RunProgram) => VolumeLimits;
}

const PROJECT_QUOTAS: Omit<Mechanism, 'remedy'> = {
  programs: PRJQUOTA_PROGRAMS,
  open: (maxBytes, { mountPoint }, run) => new PrjquotaLimits({ maxBytes, mountPoint, run }),
};

const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  ext4: {
    ...PROJECT_QUOTAS,
    remedy: (mountPoint) =>
      `Run the server as root, with project quotas: unmount the file system, tune2fs -O project,quota -Q prjquota DEVICE, mount -o prjquota DEVICE ${mountPoint}`,
  },
  xfs: {
    ...PROJECT_QUOTAS,
    remedy: (mountPoint) =>
      `Run the server as root, with project quotas: mount -o prjquota DEVICE ${mountPoint}, for the root file system the kernel parameter rootflags=prjquota`,
  },
  btrfs: {
    programs: BTRFS_PROGRAMS,
    open: (maxBytes, _fileSystem, run) => new BtrfsLimits({ maxBytes, run }),
    remedy: (mountPoint) => `Run the server as root, and once btrfs quota enable ${mountPoint}`,
  },
};

/** Where programs of administrators are, which the PATH of a user often has not. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

/** The folder of the trial. No id of a workbench begins with a dot. */
const TRIAL_FOLDER = '.limit-trial';
const TRIAL_MAX_BYTES = 2 ** 20;

/**
 * Opens the limits of WB_LOCAL_VOLUME_MIB, after a trial with a small one: only a refused write proves that the file system,
 * its options, the kernel and the rights of this process together limit anything.
 * @param path PATH of this server
 * @throws StartError
 */
export async function openVolumeLimits(
  { volumeMaxBytes, dataDir }: Pick<LocalSettings, 'volumeMaxBytes' | 'dataDir'>,
  path: string | undefined,
): Promise<VolumeLimits | undefined> {
  if (volumeMaxBytes === undefined) return undefined;
  const searched = [path ?? '', ...SYSTEM_FOLDERS].join(delimiter);
  const run = programRunner(searched);
  const volumes = join(dataDir, 'volumes');
  await mkdir(volumes, { recursive: true, mode: 0o700 });
  const fileSystem = await findFileSystem(volumes, run);
  const mechanism = MECHANISMS[fileSystem.type];
  if (mechanism === undefined)
    throw refusal(
      `the server can limit folders on ${Object.keys(MECHANISMS).join(', ')}, and ${dataDir} is on ${fileSystem.type}`,
      'Set WB_DATA_DIR to a folder of such a file system',
    );
  for (const [program, packageName] of Object.entries(mechanism.programs)) {
    if (findOnPath(program, searched) === undefined)
      throw refusal(`${program} was not found`, `Install the package ${packageName}`);
  }
  await tryLimit(mechanism, fileSystem, join(volumes, TRIAL_FOLDER), run);
  return mechanism.open(volumeMaxBytes, fileSystem, run);
}

async function findFileSystem(folder: string, run: RunProgram): Promise<FileSystem> {
  try {
    const output = await run('findmnt', ['--json', '--output', 'FSTYPE,TARGET', '--target', folder]);
    const { filesystems } = JSON.parse(output) as { filesystems: [{ fstype: string; target: string }] };
    return { type: filesystems[0].fstype, mountPoint: filesystems[0].target };
  } catch (error) {
    throw refusal(
      `the file system of ${folder} cannot be found (${error instanceof Error ? error.message : error})`,
      'This needs Linux and findmnt of util-linux',
      error,
    );
  }
}

async function tryLimit(
  { open: openLimits, remedy }: Mechanism,
  fileSystem: FileSystem,
  folder: string,
  run: RunProgram,
): Promise<void> {
  const limits = openLimits(TRIAL_MAX_BYTES, fileSystem, run);
  let isLimited: boolean;
  try {
    await rm(folder, { recursive: true, force: true });
    await limits.create(folder);
    await limits.apply(folder);
    isLimited = await isRefused(join(folder, 'file'), 2 * TRIAL_MAX_BYTES);
    await rm(folder, { recursive: true });
    await limits.lift(folder);
  } catch (error) {
    if (!(error instanceof VolumeLimitFailed)) throw error;
    throw refusal(
      `a limit cannot be set on ${fileSystem.mountPoint} (${error.message})`,
      remedy(fileSystem.mountPoint),
      error,
    );
  }
  if (isLimited) return;
  throw refusal(
    `a limit on ${fileSystem.mountPoint} has no effect`,
    `${remedy(fileSystem.mountPoint)}. On ext4 root is exempt with the capability CAP_SYS_RESOURCE: start the server with setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource`,
  );
}

/** Whether the system refuses to write a file of this size. */
async function isRefused(path: string, bytes: number): Promise<boolean> {
  const file = await open(path, 'w', 0o600);
  try {
    for (let written = 0; written < bytes; ) {
      const { bytesWritten } = await file.write(Buffer.alloc(64 * 1024));
      written += bytesWritten;
    }
    await file.sync();
    return false;
  } catch (error) {
    if (isNoSpace(error)) return true;
    throw error;
  } finally {
    await file.close();
  }
}

function refusal(why: string, remedy: string, cause?: unknown): StartError {
  return new StartError(
    `WB_LOCAL_VOLUME_MIB cannot limit the files of a workbench: ${why}. ${remedy}, or remove the setting.`,
    cause,
  );
}
