import { statfs } from 'node:fs/promises';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { IntervalSchedule } from './schedules.ts';

/** What a file system has in total and what is free; inodes are 0 if it has no fixed number of them. */
export interface DiskUse {
  readonly bytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

export interface DiskSpaceOptions {
  readonly dataDir: string;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** @default that of the operating system */
  readonly readUse?: (folder: string) => Promise<DiskUse>;
}

const EVERY_MS = 10_000;

/** Less than this share is little, on a large disk less than the number beside it. */
const LOW_SHARE = 0.05;
const LOW_BYTES_MAX = 2 ** 30;
const LOW_INODES_MAX = 10_000;

/** The shortage ends when this many times as much is free, so that use around the limit does not fill the log. */
const RECOVERED = 1.2;

/** Watches the disk of the data folder, and warns before there is no space. */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  readonly #schedule: IntervalSchedule;
  #isLow = false;

  constructor(options: DiskSpaceOptions) {
    const { timers, telemetry } = options;
    this.#options = options;
    const run = () => this.#read();
    this.#schedule = new IntervalSchedule({ name: 'disk-space', everyMs: EVERY_MS, run, timers, telemetry });
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#schedule.runNow();
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    await this.#schedule.stop();
  }

  /** Returns what the owners of running workbenches must know, as a `status_detail`. */
  warning(): 'disk_almost_full' | undefined {
    return this.#isLow ? 'disk_almost_full' : undefined;
  }

  async #read(): Promise<void> {
    const { dataDir, telemetry, readUse = readDiskUse } = this.#options;
    const use = await readUse(dataDir);
    const { bytes, freeBytes, inodes, freeInodes } = use;
    const factor = this.#isLow ? RECOVERED : 1;
    const fewBytes = freeBytes < factor * Math.min(LOW_SHARE * bytes, LOW_BYTES_MAX);
    const fewInodes = inodes > 0 && freeInodes < factor * Math.min(LOW_SHARE * inodes, LOW_INODES_MAX);
    const isLow = fewBytes || fewInodes;
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    if (isLow)
      telemetry.warn('the disk of the data folder is almost full', { dataDir, freeBytes, freeInodes });
    else telemetry.info('the disk of the data folder has space again', { dataDir, freeBytes, freeInodes });
  }
}

async function readDiskUse(folder: string): Promise<DiskUse> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(folder);
  return { bytes: blocks * bsize, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree };
}
