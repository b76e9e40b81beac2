import type { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import type { LocalMachine } from '#adapters/local/local-machine.ts';
import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { IntervalSchedule } from './schedules.ts';

export interface VolumeSpaceOptions {
  readonly machines: Pick<LocalMachine, 'listAllTasks'>;
  readonly volumes: Pick<DirectoryVolumes, 'readUse'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** A look starts a program for each running workbench, at most 100. */
const EVERY_MS = 10_000;

/** A folder is almost full when less than this share of its limit is free. It is full no more at the second share. */
const LOW_SHARE = 0.05;
const RECOVERED_SHARE = 0.06;

/** Watches the folders of running workbenches, and warns before one has used its limit. */
export class VolumeSpace {
  readonly #options: VolumeSpaceOptions;
  readonly #schedule: IntervalSchedule;
  #low: ReadonlySet<string> = new Set();

  constructor(options: VolumeSpaceOptions) {
    const { timers, telemetry } = options;
    this.#options = options;
    const run = () => this.#read();
    this.#schedule = new IntervalSchedule({
      name: 'volume-space',
      everyMs: EVERY_MS,
      run,
      timers,
      telemetry,
    });
  }

  start(): void {
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    await this.#schedule.stop();
  }

  /** Returns what the owner of a running workbench must know, as a `status_detail`. */
  warning(workbenchId: string): 'volume_almost_full' | undefined {
    return this.#low.has(workbenchId) ? 'volume_almost_full' : undefined;
  }

  async #read(): Promise<void> {
    const { machines, volumes, telemetry } = this.#options;
    const low = new Set<string>();
    for (const { workbenchId } of await machines.listAllTasks()) {
      const use = await volumes.readUse(workbenchId);
      if (use === undefined) continue;
      const freeBytes = use.maxBytes - use.usedBytes;
      const share = this.#low.has(workbenchId) ? RECOVERED_SHARE : LOW_SHARE;
      if (freeBytes >= share * use.maxBytes) continue;
      low.add(workbenchId);
      if (!this.#low.has(workbenchId))
        telemetry.warn('the folder of a workbench is almost full', { workbenchId, freeBytes });
    }
    this.#low = low;
  }
}
