import { chmod, stat } from 'node:fs/promises';
import { exists } from '../../directories/exists.ts';
import { type RunProgram, VolumeLimitFailed, type VolumeLimits, type VolumeUse } from './volume-limits.ts';

/** The packages of the programs that this file runs. */
export const BTRFS_PROGRAMS = { btrfs: 'btrfs-progs' } as const;

export interface BtrfsLimitsOptions {
  readonly maxBytes: number;
  readonly run: RunProgram;
}

/** The inode of the root of each subvolume (BTRFS_FIRST_FREE_OBJECTID). */
const SUBVOLUME_INODE = 256;

/** Limits by quota groups of btrfs: each folder is a subvolume. Root has no exemption. */
export class BtrfsLimits implements VolumeLimits {
  readonly #options: BtrfsLimitsOptions;

  constructor(options: BtrfsLimitsOptions) {
    this.#options = options;
  }

  async create(path: string): Promise<boolean> {
    if (await exists(path)) return false;
    try {
      await this.#options.run('btrfs', ['subvolume', 'create', path]);
    } catch (error) {
      if (await exists(path)) return false;
      throw error;
    }
    await chmod(path, 0o700);
    return true;
  }

  async apply(path: string): Promise<void> {
    // With any other folder the command limits the subvolume around it.
    if (!(await isSubvolume(path))) return;
    await this.#options.run('btrfs', ['qgroup', 'limit', String(this.#options.maxBytes), path]);
  }

  /** The file system removes the quota group with the subvolume. */
  async lift(): Promise<void> {}

  async readUse(path: string): Promise<VolumeUse | undefined> {
    if (!(await isSubvolume(path))) return undefined;
    return parseQuotaGroup(await this.#options.run('btrfs', ['qgroup', 'show', '--raw', '-ref', path]));
  }
}

async function isSubvolume(path: string): Promise<boolean> {
  return (await stat(path)).ino === SUBVOLUME_INODE;
}

/** Reads the table of `btrfs qgroup show --raw -re`: id, referenced, exclusive, most referenced, most exclusive, path. */
export function parseQuotaGroup(output: string): VolumeUse | undefined {
  const row = output.split('\n').find((line) => /^0\/\d+\s/.test(line));
  const [, used, , max] = (row ?? '').split(/\s+/);
  if (used === undefined || max === undefined)
    throw new VolumeLimitFailed(`btrfs: unexpected output ${output.slice(0, 100)}`);
  return /^\d+$/.test(max) ? { usedBytes: Number(used), maxBytes: Number(max) } : undefined;
}
