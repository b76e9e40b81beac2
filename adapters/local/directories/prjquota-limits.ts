import { createHash } from 'node:crypto';
import { readdir, statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import { createDirectory } from './create-directory.ts';
import { type RunProgram, VolumeLimitFailed, type VolumeLimits, type VolumeUse } from './volume-limits.ts';

/** The packages of the programs that this file runs. */
export const PRJQUOTA_PROGRAMS = { chattr: 'e2fsprogs', lsattr: 'e2fsprogs', setquota: 'quota' } as const;

export interface PrjquotaLimitsOptions {
  readonly maxBytes: number;
  /** Where the file system is mounted. */
  readonly mountPoint: string;
  readonly run: RunProgram;
}

/**
 * Limits by project quotas, which ext4 and XFS have: each folder is a project, to which the files created in it belong.
 * Root is exempt on ext4 if it has the capability CAP_SYS_RESOURCE.
 */
export class PrjquotaLimits implements VolumeLimits {
  readonly #options: PrjquotaLimitsOptions;

  constructor(options: PrjquotaLimitsOptions) {
    this.#options = options;
  }

  create(path: string): Promise<boolean> {
    return createDirectory(path);
  }

  async apply(path: string): Promise<void> {
    const { run, maxBytes } = this.#options;
    const project = prjquotaIdOf(path);
    if ((await this.#readProject(path)) !== project) {
      if ((await readdir(path)).length > 0) return;
      await run('chattr', ['-p', String(project), '+P', path]);
    }
    await this.#setLimit(project, Math.floor(maxBytes / 1024));
  }

  async lift(path: string): Promise<void> {
    await this.#setLimit(prjquotaIdOf(path), 0);
  }

  /** The file system reports the limit as the size of a folder that has one. */
  async readUse(path: string): Promise<VolumeUse | undefined> {
    if ((await this.#readProject(path)) !== prjquotaIdOf(path)) return undefined;
    const { bsize, blocks, bfree } = await statfs(path);
    return { usedBytes: (blocks - bfree) * bsize, maxBytes: blocks * bsize };
  }

  async #setLimit(project: number, kibibytes: number): Promise<void> {
    const { run, mountPoint } = this.#options;
    await run('setquota', ['-P', String(project), '0', String(kibibytes), '0', '0', mountPoint]);
  }

  async #readProject(path: string): Promise<number> {
    const output = await this.#options.run('lsattr', ['-p', '-d', path]);
    const project = Number.parseInt(output, 10);
    if (Number.isNaN(project))
      throw new VolumeLimitFailed(`lsattr: unexpected output ${output.slice(0, 100)}`);
    return project;
  }
}

const PROJECTS = 2 ** 30;

/**
 * Returns the project of a folder, which follows from its name, as a number above those that administrators choose. Two
 * of 1,000 folders have the same one with a probability of 1 in 2,000; they then share a limit.
 */
export function prjquotaIdOf(path: string): number {
  const hash = createHash('sha256').update(basename(path)).digest();
  return PROJECTS + (hash.readUInt32BE(0) % PROJECTS);
}
