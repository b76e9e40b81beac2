import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import { readUse } from '#core/quotas/read-use.ts';
import {
  deleteWorkbench,
  restoreWorkbench,
  startWorkbench,
  stopWorkbench,
} from '#core/workbench/commands.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const MINUTE = 60_000;
const WINDOW_MS = 20 * MINUTE;
/** The sweep of due records runs each minute, and a deletion takes some rounds. */
const DELETED_WITHIN_MS = 5 * MINUTE;

/**
 * What happens in a schedule, and how long nothing happens then.
 * - `pause`: the controller does not run in this time
 * - `restore_late`: the user restores it when its window has just ended, before the controller runs
 */
interface Act {
  readonly type:
    | 'delete'
    | 'delete_now'
    | 'restore'
    | 'start'
    | 'stop'
    | 'pause'
    | 'restore_late'
    | 'nothing';
  readonly minutes: number;
}

const anyAct: fc.Arbitrary<Act> = fc.record({
  type: fc.constantFrom(
    ...(['delete', 'delete', 'restore', 'restore', 'start', 'stop', 'pause', 'nothing'] as const),
    ...(['delete_now', 'restore_late'] as const),
  ),
  minutes: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 12 }), fc.constant(19)),
});

/** A workbench with files, and what the responses have promised to its user. */
class DeletionSchedule {
  readonly world = new MemoryWorld({ policy: { deleteAfterMs: WINDOW_MS, quotas: { workbenches: 3 } } });
  /** It can be restored until this time; undefined if it is not deleted. */
  #until: number | undefined;
  /** When the user wanted it to be deleted at once. */
  #deletedAt: number | undefined;

  async start(): Promise<WorkbenchKey> {
    const key = await this.world.create();
    await this.world.waitForStatus(key, 'running');
    this.world.volumes.files(key.workbenchId)?.add('notes.txt');
    return key;
  }

  async run(key: WorkbenchKey, { type, minutes }: Act): Promise<void> {
    const { world } = this;
    if (type === 'restore_late' && this.#until !== undefined)
      world.clock.advance(Math.max(0, this.#until - world.clock.now()));
    const code = await this.#send(key, type);
    const now = world.clock.now();
    const isGone = this.#deletedAt !== undefined || (this.#until !== undefined && now >= this.#until);
    switch (type) {
      case 'delete':
        if (code === 'accepted' && !isGone) this.#until ??= now + WINDOW_MS;
        break;
      case 'delete_now':
        if (code === 'accepted') this.#deletedAt ??= now;
        break;
      case 'restore':
      case 'restore_late':
        expect(code === 'accepted', `restored: ${code}`).toBe(this.#until !== undefined && !isGone);
        if (code === 'accepted') this.#until = undefined;
        break;
      case 'start':
        if (this.#until !== undefined) expect(code).toBe('workbench_not_found');
        break;
      case 'pause':
        world.clock.advance(minutes * MINUTE);
        break;
      default:
    }
    await this.#check(key);
    await world.advance((type === 'pause' ? 0 : minutes) * MINUTE);
    await this.#check(key);
  }

  async #send(key: WorkbenchKey, type: Act['type']): Promise<string> {
    const { ports, policy } = this.world;
    try {
      if (type === 'delete') await deleteWorkbench(ports, policy, key, 'ada');
      if (type === 'delete_now') await deleteWorkbench(ports, policy, key, 'ada', { immediately: true });
      if (type === 'restore' || type === 'restore_late') await restoreWorkbench(ports, policy, key, 'ada');
      if (type === 'start') await startWorkbench(ports, policy, key, 'ada');
      if (type === 'stop') await stopWorkbench(ports, policy, key, 'ada');
      return 'accepted';
    } catch (error) {
      if (error instanceof WorkbenchError) return error.code;
      throw error;
    }
  }

  async #check(key: WorkbenchKey): Promise<void> {
    const { world } = this;
    const now = world.clock.now();
    const record = await world.stores.workbenches.read(key);
    const hasFiles = world.volumes.files(key.workbenchId)?.has('notes.txt') === true;
    const endsAt = Math.min(this.#until ?? Infinity, this.#deletedAt ?? Infinity);
    if (now < endsAt)
      expect({ hasFiles, exists: record !== undefined }).toEqual({ hasFiles: true, exists: true });
    const { used } = await readUse(world.ports, world.policy.quotas, { userId: key.userId, groups: [] });
    if (this.#until !== undefined) {
      expect(record?.status ?? 'stopped').toMatch(/^(stopping|stopped|deleting)$/);
      expect(used.workbenches, 'counts while it is deleted').toBe(0);
    } else if (this.#deletedAt === undefined) expect(used.workbenches, 'counts again').toBe(1);
  }

  /** Whether nothing is left soon after the end of its window. */
  async checkEnd(key: WorkbenchKey): Promise<void> {
    const { world } = this;
    if (this.#until === undefined && this.#deletedAt === undefined)
      return this.run(key, { type: 'nothing', minutes: 25 });
    const end = Math.min(this.#until ?? Infinity, this.#deletedAt ?? Infinity);
    // A paused controller may have missed the end. It also needs this time from then on.
    await world.advance(Math.max(0, end - world.clock.now()) + DELETED_WITHIN_MS);
    expect(await world.stores.workbenches.read(key), 'is kept beyond its window').toBeUndefined();
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
  }
}

it('keeps files until the end of the window, no longer, and gives all of them back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 1, maxLength: 10 }), async (acts) => {
      const schedule = new DeletionSchedule();
      const key = await schedule.start();
      for (const act of acts) await schedule.run(key, act);
      await schedule.checkEnd(key);
    }),
    propertyRuns(40),
  );
});
