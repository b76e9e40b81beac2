import type { Timers } from '#adapters/local/timers.ts';
import { ACTIVITY_WRITE_INTERVAL_MS, isFromBrowser, RequestPattern } from '#core/gate/activity.ts';
import { Heartbeats } from '#core/gate/heartbeats.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { OpenRequest } from '../open-requests.ts';

export interface ActivityTrackerOptions {
  readonly activity: Pick<ActivityStore, 'record'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Workbenches that are tracked at the same time. The activity of further ones is not noted. @default 10,000 */
  readonly capacity?: number;
}

/** What is known of a workbench that was used in the last minutes. */
interface TrackedWorkbench {
  readonly requests: RequestPattern;
  /** The last evidence that is not written, milliseconds since 1970. */
  pending?: number;
  /** Cancels the action that is scheduled: a write, or the end of the tracking. */
  cancel?: () => void;
  /** Whether a write is scheduled. */
  isWriteScheduled: boolean;
  /** When the last write began, on the monotonic clock. */
  writtenAt?: number;
}

/** Writes in progress when all that is pending is written at once. */
const FLUSH_CONCURRENCY = 20;

/** A workbench is forgotten when nothing came from its visitors for this long, milliseconds. */
const FORGET_AFTER_MS = 3 * ACTIVITY_WRITE_INTERVAL_MS;

/**
 * Notes when a person last used each workbench: data that a browser sent on a WebSocket, except heartbeats, or a request that no
 * poller sent.
 * Writes the time at most once a minute for each workbench, within a minute of the evidence, and spreads the writes.
 */
export class ActivityTracker {
  readonly #options: Required<ActivityTrackerOptions>;
  readonly #workbenches = new Map<string, TrackedWorkbench>();
  /** Of each open WebSocket. */
  readonly #heartbeats = new WeakMap<OpenRequest, Heartbeats>();
  #isFull = false;
  #isClosed = false;

  constructor(options: ActivityTrackerOptions) {
    this.#options = { capacity: 10_000, ...options };
  }

  /** Notes a request that is forwarded. The opening of a WebSocket is no evidence: pages open them again by themselves. */
  noteRequest({ request, target, visitor, forwarded }: OpenRequest): void {
    if (request.webSocket || !isFromBrowser(request, visitor)) return;
    const tracked = this.#track(forwarded.workbenchId);
    if (tracked === undefined) return;
    const isPersons = tracked.requests.note(request.method, target, this.#options.timers.elapsed());
    if (isPersons) this.#noteEvidence(forwarded.workbenchId, tracked);
    else this.#schedule(forwarded.workbenchId, tracked);
  }

  /** Notes that the browser sent data on a WebSocket. Control frames are no data: browsers send pongs by themselves. */
  noteClientData(opened: OpenRequest): void {
    const { request, visitor, forwarded } = opened;
    if (!isFromBrowser(request, visitor)) return;
    const heartbeats = this.#heartbeats.get(opened) ?? new Heartbeats();
    this.#heartbeats.set(opened, heartbeats);
    if (!heartbeats.note(this.#options.timers.elapsed())) return;
    const tracked = this.#track(forwarded.workbenchId);
    if (tracked !== undefined) this.#noteEvidence(forwarded.workbenchId, tracked);
  }

  /** The number of tracked workbenches. */
  get size(): number {
    return this.#workbenches.size;
  }

  /** Writes all that is not written, and notes nothing from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const pending = [...this.#workbenches];
    this.#workbenches.clear();
    for (const [, { cancel }] of pending) cancel?.();
    const writeSome = async () => {
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const [workbenchId, { pending: at }] = next;
        if (at !== undefined) await this.#record(workbenchId, at);
      }
    };
    await Promise.all(Array.from({ length: FLUSH_CONCURRENCY }, writeSome));
  }

  #track(workbenchId: string): TrackedWorkbench | undefined {
    if (this.#isClosed) return undefined;
    const known = this.#workbenches.get(workbenchId);
    if (known !== undefined) return known;
    if (this.#workbenches.size >= this.#options.capacity) {
      if (!this.#isFull) this.#options.telemetry.warn('too many workbenches to note their activity');
      this.#isFull = true;
      return undefined;
    }
    this.#isFull = false;
    const tracked: TrackedWorkbench = { requests: new RequestPattern(), isWriteScheduled: false };
    this.#workbenches.set(workbenchId, tracked);
    return tracked;
  }

  #noteEvidence(workbenchId: string, tracked: TrackedWorkbench): void {
    tracked.pending = this.#options.timers.now();
    this.#schedule(workbenchId, tracked);
  }

  /** Schedules the write of what is pending, or the end of the tracking. */
  #schedule(workbenchId: string, tracked: TrackedWorkbench): void {
    const { timers } = this.#options;
    if (tracked.isWriteScheduled) return;
    const isPending = tracked.pending !== undefined;
    if (!isPending && tracked.cancel !== undefined) return;
    tracked.cancel?.();
    tracked.isWriteScheduled = isPending;
    const wait = isPending ? this.#waitOf(workbenchId, tracked) : FORGET_AFTER_MS;
    tracked.cancel = timers.after(wait, () => {
      delete tracked.cancel;
      tracked.isWriteScheduled = false;
      if (isPending) this.#write(workbenchId, tracked);
      else this.#forgetUnused(workbenchId, tracked);
    });
  }

  /**
   * Returns when to write, milliseconds from now: a minute after the last write. The first write waits for a part of a minute
   * that depends on the workbench, since after a start of the gate all workbenches begin at the same time.
   */
  #waitOf(workbenchId: string, { writtenAt }: TrackedWorkbench): number {
    const sinceWrite = writtenAt === undefined ? undefined : this.#options.timers.elapsed() - writtenAt;
    if (sinceWrite !== undefined && sinceWrite < ACTIVITY_WRITE_INTERVAL_MS)
      return ACTIVITY_WRITE_INTERVAL_MS - sinceWrite;
    return phaseOf(workbenchId) * ACTIVITY_WRITE_INTERVAL_MS;
  }

  #write(workbenchId: string, tracked: TrackedWorkbench): void {
    const at = tracked.pending;
    if (at === undefined) return;
    delete tracked.pending;
    tracked.writtenAt = this.#options.timers.elapsed();
    void this.#record(workbenchId, at).then((isWritten) => {
      // Written a minute later, unless there is newer evidence by then.
      if (!isWritten) tracked.pending ??= at;
      if (this.#workbenches.get(workbenchId) === tracked) this.#schedule(workbenchId, tracked);
    });
  }

  #forgetUnused(workbenchId: string, tracked: TrackedWorkbench): void {
    if (tracked.requests.forgetOld(this.#options.timers.elapsed())) this.#schedule(workbenchId, tracked);
    else this.#workbenches.delete(workbenchId);
  }

  /** Returns whether it was written. */
  async #record(workbenchId: string, at: number): Promise<boolean> {
    const { activity, telemetry } = this.#options;
    try {
      await activity.record(workbenchId, at);
      return true;
    } catch (error) {
      telemetry.error('activity could not be written', { workbenchId }, error);
      telemetry.count('activity_write_failed', 1);
      return false;
    }
  }
}

/** Returns a number from 0 to 1 that is always the same for a workbench. The last characters of an id are random. */
function phaseOf(workbenchId: string): number {
  let value = 0;
  for (const character of workbenchId.slice(-6)) value = (value * 31 + character.charCodeAt(0)) % 60_000;
  return value / 60_000;
}
