import { execFileSync } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Need, programOf } from './needs.ts';

export const FAKETIME: Need = programOf('faketime', 'faketime');

/** The file of the library that faketime loads into a program. */
const LIBRARY = /libfaketime\w*\.so/;

/** The wall clock of one process, which can be set like that of a computer. Time passes as ever, and so do timers. */
export class FakeClock {
  /** The environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
    // faketime itself knows where its library is. `-m`: the one for programs with threads.
    const library = execFileSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], {
      encoding: 'utf8',
    });
    this.environment = {
      LD_PRELOAD: library.trim(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
      NO_FAKE_STAT: '1',
      // The gate has the true time. It would refuse the questions of this process as expired, and each start would wait.
      WB_GATE_SILENT_TIMEOUT_SECONDS: '0',
    };
  }

  /** @param folder for the file with the offset */
  static async create(folder: string): Promise<FakeClock> {
    const clock = new FakeClock(join(folder, 'clock'));
    await clock.set('+0');
    return clock;
  }

  /** @param offset from the true time: `+1d` */
  async set(offset: string): Promise<void> {
    await writeFile(`${this.#file}.draft`, `${offset}\n`);
    await rename(`${this.#file}.draft`, this.#file);
  }
}

/** Whether a process has a fake clock: the library in its memory, or a variable of it. */
export async function hasFakeClock(pid: number): Promise<boolean> {
  const [maps, environment] = await Promise.all(
    ['maps', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1')),
  );
  return LIBRARY.test(maps ?? '') || /(^|\0)(LD_PRELOAD|FAKETIME\w*|NO_FAKE_STAT)=/.test(environment ?? '');
}
