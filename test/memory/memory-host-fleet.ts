import type { Timers } from '#adapters/local/timers.ts';
import type { HostFleet, HostObservation, HostOutcome, HostRequest } from '#core/ports/host-fleet.ts';

export interface MemoryHostFleetOptions {
  readonly timers: Timers;
  /** Milliseconds from launch or start to `running`. @default 1,000 */
  readonly startMs?: number;
  /** Milliseconds from `running` until the agent is connected. @default 1,000 */
  readonly agentMs?: number;
  /** Milliseconds that a stop or termination takes. @default 1,000 */
  readonly stopMs?: number;
  readonly onChange?: (observation: HostObservation) => void;
}

interface MemoryHost {
  observation: HostObservation;
  cancel?: () => void;
}

const PAGE_SIZE = 100;

/** A HostFleet in memory. Each host offers 2,048 cpu units and 8,192 MiB. */
export class MemoryHostFleet implements HostFleet {
  readonly #options: MemoryHostFleetOptions;
  readonly #hosts = new Map<string, MemoryHost>();
  readonly #byToken = new Map<string, string>();
  #count = 0;
  #plannedOutcomes: (() => HostOutcome | undefined)[] = [];

  constructor(options: MemoryHostFleetOptions) {
    this.#options = options;
  }

  /**
   * Plans the outcome of the next launch with a new token, or start of a stopped host. `outcome` may throw, or return a
   * refusal; if it returns undefined, the call succeeds.
   */
  onNextLaunch(outcome: () => HostOutcome | undefined): void {
    this.#plannedOutcomes.push(outcome);
  }

  async launch(request: HostRequest, token: string): Promise<HostOutcome> {
    const known = this.#hosts.get(this.#byToken.get(token) ?? '');
    if (known !== undefined) return { kind: 'accepted', host: known.observation };
    const planned = this.#plannedOutcomes.shift()?.();
    if (planned !== undefined) return planned;
    this.#count += 1;
    const instanceId = `host-${String(this.#count).padStart(6, '0')}`;
    const { workbenchId, userId } = request;
    const launchedAt = this.#options.timers.now();
    const host: MemoryHost = {
      observation: { instanceId, workbenchId, userId, launchedAt, state: 'pending', agentConnected: false },
    };
    this.#hosts.set(instanceId, host);
    this.#byToken.set(token, instanceId);
    this.#boot(host);
    return { kind: 'accepted', host: host.observation };
  }

  async start(instanceId: string): Promise<HostOutcome> {
    const host = this.#hosts.get(instanceId);
    const state = host?.observation.state;
    if (host !== undefined && (state === 'running' || state === 'pending')) {
      return { kind: 'accepted', host: host.observation };
    }
    if (host === undefined || state !== 'stopped') {
      const message = `The instance is ${state ?? 'terminated'}.`;
      return { kind: 'refused', code: 'instance_lost', message, retryable: state === 'stopping' };
    }
    const planned = this.#plannedOutcomes.shift()?.();
    if (planned !== undefined) return planned;
    this.#change(host, { state: 'pending' });
    this.#boot(host);
    return { kind: 'accepted', host: host.observation };
  }

  async stop(instanceId: string): Promise<void> {
    const host = this.#hosts.get(instanceId);
    const state = host?.observation.state;
    if (host === undefined || (state !== 'pending' && state !== 'running')) return;
    this.#change(host, { state: 'stopping', agentConnected: false });
    this.#schedule(host, this.#options.stopMs, () => this.#change(host, { state: 'stopped' }));
  }

  async terminate(instanceId: string): Promise<void> {
    const host = this.#hosts.get(instanceId);
    const state = host?.observation.state;
    if (host === undefined || state === 'shutting-down' || state === 'terminated') return;
    this.#change(host, { state: 'shutting-down', agentConnected: false });
    this.#schedule(host, this.#options.stopMs, () => this.#change(host, { state: 'terminated' }));
  }

  async describe(instanceIds: readonly string[]): Promise<readonly HostObservation[]> {
    if (instanceIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} instances at once`);
    return instanceIds.map(
      (instanceId) =>
        this.#hosts.get(instanceId)?.observation ?? {
          instanceId,
          state: 'terminated',
          agentConnected: false,
        },
    );
  }

  async list(cursor = ''): Promise<{ hosts: readonly HostObservation[]; cursor?: string }> {
    const rest = [...this.#hosts.values()]
      .map((host) => host.observation)
      .filter((host) => host.state !== 'terminated' && host.instanceId > cursor);
    const hosts = rest.slice(0, PAGE_SIZE);
    const last = hosts.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined ? { hosts, cursor: last.instanceId } : { hosts };
  }

  #boot(host: MemoryHost): void {
    this.#schedule(host, this.#options.startMs, () => {
      this.#change(host, { state: 'running' });
      this.#schedule(host, this.#options.agentMs, () => {
        this.#change(host, { agentConnected: true, cpuUnits: 2048, memoryMib: 8192 });
      });
    });
  }

  #change(host: MemoryHost, change: Partial<HostObservation>): void {
    host.observation = { ...host.observation, ...change };
    this.#options.onChange?.(host.observation);
  }

  #schedule(host: MemoryHost, ms: number | undefined, action: () => void): void {
    host.cancel?.();
    host.cancel = this.#options.timers.after(ms ?? 1000, action);
  }
}
