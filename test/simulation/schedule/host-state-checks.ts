import type { Workbench } from '#core/workbench/workbench.ts';
import type { World, WorldEvent } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

/** The part of the event of an instance that the rule reads. */
interface EventDetail {
  readonly 'instance-id'?: string;
  readonly state?: string;
}

/**
 * The rule about what a record learns of its host: it was true after the record was last written. What was read before is stale,
 * because another function may have started the host since. See docs/lifecycle.md#stale-observations.
 */
export class HostStateChecks {
  readonly #world: World;
  readonly #now: () => number;
  readonly #stopped = new Set<string>();
  /** Instance → when it last ceased to be stopped. */
  readonly #stoppedUntil = new Map<string, number>();
  /** Workbench → when its record was last written. */
  readonly #writtenAt = new Map<string, number>();

  /** @param now the actual time, milliseconds */
  constructor(world: World, now: () => number) {
    this.#world = world;
    this.#now = now;
  }

  /** Called with each event of AWS, when it happens. */
  noteEvent({ 'detail-type': type, detail }: WorldEvent): void {
    const { 'instance-id': instanceId, state } = detail as EventDetail;
    if (type !== 'EC2 Instance State-change Notification' || instanceId === undefined) return;
    if (state === 'stopped') this.#stopped.add(instanceId);
    else if (this.#stopped.delete(instanceId)) this.#stoppedUntil.set(instanceId, this.#now());
  }

  /** Called when a record is created or updated. */
  checkWrite({ workbenchId, host }: Workbench, before: Workbench | undefined): void {
    const writtenAt = this.#writtenAt.get(workbenchId) ?? Number.NEGATIVE_INFINITY;
    this.#writtenAt.set(workbenchId, this.#now());
    const instanceId = host?.instanceId;
    if (instanceId === undefined || host?.state !== 'stopped') return;
    if (before?.host?.instanceId !== instanceId || before.host.state === 'stopped') return;
    if (this.#stopped.has(instanceId) || (this.#stoppedUntil.get(instanceId) ?? 0) >= writtenAt) return;
    const state = this.#world.ec2Instances.all.get(instanceId)?.state ?? 'unknown';
    throw new RuleViolation(
      `workbench ${workbenchId} takes its host ${instanceId} for stopped, but it was ${state} since before the record was last written`,
    );
  }
}
