import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { extendWorkbench } from '#core/workbench/commands.ts';
import { IDLE_MARGIN_MS, IDLE_WARNING_MS } from '#core/workbench/lifecycle/idle.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { runOf, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const MINUTE = 60_000;
const LIMIT_MINUTES = 15;
/** The sweep of due records runs each minute. */
const SWEEP_MS = MINUTE;

/**
 * What happens in one minute of a schedule.
 * - `use`: a person uses the workbench; the clock of the gate differs by `skewMs`
 * - `report`: a program reports work of the current run
 * - `old_report`: a program of an earlier run reports work
 * - `extend`: a person extends it
 * - `unreadable`: the evidence cannot be read in this minute
 * - `pause`: the controller does not run for these minutes
 */
type Minute =
  | { readonly type: 'use' | 'report'; readonly skewMs: number }
  | { readonly type: 'nothing' | 'old_report' | 'unreadable' }
  | { readonly type: 'extend' | 'pause'; readonly minutes: number };

const anyMinute = (): fc.Arbitrary<Minute> => {
  const skewMs = fc.integer({ min: -30_000, max: 30_000 });
  return fc.oneof(
    { weight: 30, arbitrary: fc.record({ type: fc.constant('nothing' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('use' as const, 'report' as const), skewMs }) },
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constantFrom('old_report' as const, 'unreadable' as const) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constantFrom('extend' as const, 'pause' as const),
        minutes: fc.integer({ min: 1, max: 40 }),
      }),
    },
  );
};

/** A workbench with a limit of 15 minutes, and what its users know to be confirmed. */
class IdleSchedule {
  readonly world = new MemoryWorld({ policy: { idleStopMinutes: LIMIT_MINUTES } });
  /** When it was used last, by the actual time. */
  #usedAt = 0;
  #keptUntil = 0;

  async start(): Promise<WorkbenchKey> {
    const { world } = this;
    const key = await world.create();
    const { readyAt = 0 } = await world.waitForStatus(key, 'running');
    this.#usedAt = readyAt;
    return key;
  }

  async run(key: WorkbenchKey, minute: Minute): Promise<void> {
    const { world } = this;
    const { activity } = world.stores;
    const now = world.clock.now();
    const runId = runOf(await world.read(key))?.runId ?? '';
    switch (minute.type) {
      case 'use':
        await activity.record(key.workbenchId, now + minute.skewMs);
        this.#usedAt = now;
        break;
      case 'report':
        await activity.report(key.workbenchId, runId, { ide: now + minute.skewMs }, now);
        this.#usedAt = now;
        break;
      case 'old_report':
        await activity.report(key.workbenchId, 'an-old-run', { ide: now, keepaliveUntil: now + 9e6 }, now);
        break;
      case 'extend':
        await extendWorkbench(world.ports, world.policy, key, minute.minutes, 'ada');
        this.#usedAt = now;
        this.#keptUntil = Math.max(this.#keptUntil, now + minute.minutes * MINUTE);
        break;
      case 'pause':
        world.clock.advance(minute.minutes * MINUTE);
        break;
      case 'unreadable':
        return this.#runUnreadable();
      case 'nothing':
    }
    await world.advance(MINUTE);
  }

  async #runUnreadable(): Promise<void> {
    const { activity } = this.world.stores;
    const read = activity.readEvidence.bind(activity);
    activity.readEvidence = () => Promise.reject(new PortError('unavailable', 'no response'));
    await this.world.advance(MINUTE);
    activity.readEvidence = read;
  }

  /** The rules of a stop. Returns whether the workbench was stopped. */
  async check(key: WorkbenchKey): Promise<boolean> {
    const workbench = await this.world.read(key);
    if (workbench.status === 'running') return false;
    const entries = [...(await listHistory(this.world.ports, key))].reverse();
    const stop = entries.find(({ to }) => to === 'stopping');
    expect(stop).toMatchObject({ code: 'idle' });
    const stoppedAt = stop?.at ?? 0;
    expect(stoppedAt - this.#usedAt, 'is stopped within its limit').toBeGreaterThanOrEqual(
      LIMIT_MINUTES * MINUTE,
    );
    expect(stoppedAt, 'is stopped within an extension').toBeGreaterThanOrEqual(this.#keptUntil);
    const warnings = entries.filter(({ type }) =>
      ['idle_warned', 'idle_warning_ended', 'extended'].includes(type),
    );
    expect(warnings.at(-1)?.type, 'is stopped without a warning').toBe('idle_warned');
    expect(stoppedAt - (warnings.at(-1)?.at ?? 0)).toBeGreaterThanOrEqual(IDLE_WARNING_MS);
    return true;
  }
}

/** After the last use it is stopped within this time, if nothing fails: warned at the latest one sweep late. */
const STOPPED_WITHIN_MS = LIMIT_MINUTES * MINUTE + IDLE_MARGIN_MS + 3 * SWEEP_MS + IDLE_WARNING_MS + MINUTE;

it('is stopped neither within its limit nor without a warning, and soon after its limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyMinute(), { minLength: 10, maxLength: 120 }), async (minutes) => {
      const schedule = new IdleSchedule();
      const key = await schedule.start();
      for (const minute of minutes) {
        await schedule.run(key, minute);
        if (await schedule.check(key)) return;
      }
      // The last extension ends, and no more evidence comes but that of an earlier run.
      await schedule.world.advance(40 * MINUTE);
      if (await schedule.check(key)) return;
      for (let passed = 0; passed < STOPPED_WITHIN_MS; passed += MINUTE)
        await schedule.run(key, { type: 'old_report' });
      expect(await schedule.check(key), 'is never stopped').toBe(true);
    }),
    propertyRuns(60),
  );
});
