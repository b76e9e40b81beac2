import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Limits the size of folders with the quotas of their file system. Each folder is that of one workbench, which no task uses yet. */
export interface VolumeLimits {
  /** Creates a folder that can have a limit, with mode 0700. Returns false if the name exists. */
  create(path: string): Promise<boolean>;
  /**
   * Gives a folder its limit, or the present one if it has another. A folder with files that was created without a limit
   * gets none: its files do not count.
   * @throws VolumeLimitFailed
   */
  apply(path: string): Promise<void>;
  /** Removes what is left of the limit of a deleted folder. @throws VolumeLimitFailed */
  lift(path: string): Promise<void>;
  /** Returns undefined for a folder without a limit. @throws VolumeLimitFailed */
  readUse(path: string): Promise<VolumeUse | undefined>;
}

/** How much of its limit a folder uses. */
export interface VolumeUse {
  readonly usedBytes: number;
  readonly maxBytes: number;
}

/** A program of the system refused to set or read a limit. The message is what it printed. */
export class VolumeLimitFailed extends Error {
  override readonly name = 'VolumeLimitFailed';
}

/** Runs a program and returns what it prints. @throws VolumeLimitFailed */
export type RunProgram = (file: string, args: readonly string[]) => Promise<string>;

const TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/** @param path the folders in which programs are searched */
export function programRunner(path: string): RunProgram {
  return async (file, args) => {
    try {
      const { stdout } = await run(file, args, { timeout: TIMEOUT_MS, env: { PATH: path, LC_ALL: 'C' } });
      return stdout;
    } catch (error) {
      throw new VolumeLimitFailed(describe(file, error), { cause: error });
    }
  };
}

function describe(file: string, error: unknown): string {
  const printed = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const cause = error instanceof Error ? error.message : String(error);
  return `${file}: ${(printed || cause).split('\n').join(' ').slice(0, 300)}`;
}
