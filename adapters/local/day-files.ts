import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '#core/ports/audit-store.ts';
import { errorCode } from '../system-error.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** Files of JSON lines in a folder, one for each day (UTC). The first line of a later day deletes the files that are too old. */
export class DayFiles {
  readonly #folder: string;
  readonly #days: number;
  readonly #maxBytes: number | undefined;
  /** The day for which old files were deleted. */
  #cleanedFor = '';

  /**
   * @param folder created with the first line
   * @param days how long a file is kept after its day
   * @param maxBytes the largest file. @default no limit
   */
  constructor(folder: string, days: number, maxBytes?: number) {
    this.#folder = folder;
    this.#days = days;
    this.#maxBytes = maxBytes;
  }

  /** Appends a value to the file of a day, `2030-01-31`. Returns whether the file had space for it. @throws errors of the file system */
  async append(day: string, value: unknown): Promise<boolean> {
    const file = join(this.#folder, `${day}.jsonl`);
    const line = `${JSON.stringify(value)}\n`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (this.#maxBytes !== undefined && (await sizeOf(file)) + Buffer.byteLength(line) > this.#maxBytes)
      return false;
    await appendFile(file, line, { mode: 0o600 });
    if (day > this.#cleanedFor) await this.#deleteOld(day);
    return true;
  }

  async #deleteOld(day: string): Promise<void> {
    const oldest = dayOf(Date.parse(day) - this.#days * DAY_MS);
    for (const name of await readdir(this.#folder)) {
      const dated = DAY_FILE.exec(name)?.[1];
      if (dated !== undefined && dated < oldest) await rm(join(this.#folder, name));
    }
    this.#cleanedFor = day;
  }
}

/** The day of a time, as `DayFiles` names it. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
