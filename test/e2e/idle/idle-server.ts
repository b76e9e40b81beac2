import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import type { Page } from 'playwright-core';
import { removeNpmFromPath } from '#adapters/local/processes/launch.ts';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { waitRealStep } from '#test/contracts/eventually.ts';
import { call, pollUntil } from '../api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '../local-server.ts';

/** The shortest limit that a user can set, minutes. */
export const LIMIT_MINUTES = 15;

const STEP_SECONDS = 5;
const LOAD_FAST_CLOCK = `--import ${join(import.meta.dirname, 'fast-clock.mjs')}`;
/** So long do the processes have for a step at least, in steps of real time. */
const REAL_STEPS = 4;

/**
 * A server with the reporter of activity, whose clock the test advances, and that of the reporter and of pages as well. Five
 * seconds take a few hundredths of a second, in which the processes go on as ever. The clock does not pass the minute of a report
 * before the reporter has sent it, however slow the computer is.
 */
export class IdleServer {
  readonly local: LocalServer;
  readonly pages: Page[] = [];
  readonly #file: string;
  #offsetMs = 0;

  private constructor(local: LocalServer, file: string) {
    this.local = local;
    this.#file = file;
  }

  /**
   * @param folders with programs that the server finds besides those on PATH
   * @param fastProgram a program of Node.js that a workbench runs, and whose time is that of the server
   * @param measured against which time the reporter measures processors: `fast` as the clock goes, for programs that work in that time, or
   * `real` for a program that works all the time
   */
  static async start(
    settings: Readonly<Record<string, string>>,
    measured: 'fast' | 'real',
    folders: readonly string[] = [],
    fastProgram?: string,
  ) {
    const dataDir = await createDataDir();
    const clock = join(dataDir, 'fast-clock');
    const programs = join(dataDir, 'fast-programs');
    await mkdir(programs);
    await writeFile(clock, '0\n');
    await writePrograms(programs, clock, measured);
    if (fastProgram !== undefined)
      await writeProgram(
        join(programs, basename(fastProgram)),
        `FAST_CLOCK=${clock} FAST_CLOCK_TIMERS_MS=1000 NODE_OPTIONS='${LOAD_FAST_CLOCK}' exec ${fastProgram} "$@"`,
      );
    const local = await LocalServer.start(
      dataDir,
      {
        ...settings,
        // A workbench gets nothing that is before the folders of `npm run`.
        PATH: [programs, ...folders, removeNpmFromPath(process.env.PATH ?? '')].join(delimiter),
        FAST_CLOCK: clock,
        NODE_OPTIONS: LOAD_FAST_CLOCK,
      },
      SERVER_ALONE,
    );
    return new IdleServer(local, clock);
  }

  get api(): string {
    return this.local.api;
  }

  /** Creates a workbench with the shortest limit, and waits until it runs. */
  async createWorkbench(): Promise<WorkbenchItem> {
    const { status, item } = await call(this, 'POST', '/workbenches', {
      workbench_name: 'First',
      idle_stop_minutes: LIMIT_MINUTES,
    });
    if (status !== 201) throw new Error(`the creation has the response ${status}`);
    return await pollUntil(this, item.workbench_id, 'running');
  }

  /** Advances all clocks by these minutes, and ends earlier if the condition is true. Returns whether it was. */
  async advance(minutes: number, condition: () => Promise<boolean> = async () => false): Promise<boolean> {
    for (let step = 0; step < (minutes * 60) / STEP_SECONDS; step += 1) {
      if (step % 6 === 0 && (await condition())) return true;
      this.#offsetMs += STEP_SECONDS * 1000;
      await writeFile(`${this.#file}.draft`, `${this.#offsetMs}\n`);
      await rename(`${this.#file}.draft`, this.#file);
      await Promise.all(this.pages.map((page) => page.clock.runFor(STEP_SECONDS * 1000)));
      for (let wait = 0; wait < REAL_STEPS; wait += 1) await waitRealStep();
      await this.#waitForReporter();
    }
    return await condition();
  }

  /** Waits until the reporter sleeps for a later time than now, or has ended. */
  async #waitForReporter(): Promise<void> {
    for (;;) {
      const [until = Number.NaN, pid] = (await readFile(sleepFile(this.#file), 'utf8').catch(() => ''))
        .split(' ')
        .map(Number);
      const isLate = (Date.now() + this.#offsetMs) / 1000 >= until + 1;
      if (!isLate || !existsSync(`/proc/${pid}`)) return;
      await waitRealStep();
    }
  }
}

/** When the sleep of the reporter ends, seconds since 1970, and its process. */
function sleepFile(clock: string): string {
  return `${clock}-sleep`;
}

/** The reporter is a shell script: it gets its time from these programs. */
async function writePrograms(folder: string, clock: string, measured: 'fast' | 'real'): Promise<void> {
  const now = `$(($(/bin/date +%s) + $(cat ${clock}) / 1000))`;
  const programs = {
    date: `case $1 in -u) shift; exec /bin/date -u -d "@${now}" "$@" ;; *) exec /bin/date "$@" ;; esac`,
    sleep: `[ "$1" = 60 ] || exec /bin/sleep "$@"
end=$((${now} + 60))
echo "$end $PPID" > ${sleepFile(clock)}.draft && mv ${sleepFile(clock)}.draft ${sleepFile(clock)}
while [ "${now}" -lt "$end" ]; do /bin/sleep 0.05; done`,
    ...(measured === 'real'
      ? {}
      : {
          awk: `case "$*" in
  */proc/uptime) echo $(($(cut -d . -f 1 /proc/uptime) * 1000 + $(cat ${clock}))) ;;
  *) exec /usr/bin/awk "$@" ;;
esac`,
        }),
  };
  for (const [name, script] of Object.entries(programs)) await writeProgram(join(folder, name), script);
}

async function writeProgram(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}
