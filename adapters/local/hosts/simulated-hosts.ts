import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';
import {
  type HostFleet,
  type HostObservation,
  type HostOutcome,
  type HostRequest,
  INSTANCE_STATES,
} from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { RetriedRecords } from '../retried-records.ts';
import { RecordFolder } from '../state-files.ts';
import { systemTimers, type Timers } from '../timers.ts';

export interface SimulatedHostsOptions {
  /** Absolute path. Host records are stored in `<dataDir>/hosts`. */
  readonly dataDir: string;
  /** The instance types that can be launched. Other types are refused. */
  readonly instanceTypes: readonly DedicatedInstanceType[];
  readonly delays?: Partial<HostDelays>;
  /** Called after each change of an instance, once the change is on disk or is to be saved again. */
  readonly onChange?: (observation: HostObservation) => void;
  /** Where host records are stored. @default files in `<dataDir>/hosts` */
  readonly records?: Pick<RecordFolder<HostRecord>, 'open' | 'save' | 'remove'>;
  readonly timers?: Timers;
  readonly telemetry?: Telemetry;
}

/** Durations of state changes, milliseconds. They are shorter than those of EC2. */
export interface HostDelays {
  /** From the launch to `running`. @default 3,000 */
  readonly launchMs: number;
  /** From the start of a stopped instance to `running`. @default 2,000 */
  readonly startMs: number;
  /** From `running` until the agent is connected. @default 500 */
  readonly agentMs: number;
  /** @default 2,000 */
  readonly stopMs: number;
  /** @default 1,000 */
  readonly terminateMs: number;
}

const DEFAULT_DELAYS: HostDelays = {
  launchMs: 3000,
  startMs: 2000,
  agentMs: 500,
  stopMs: 2000,
  terminateMs: 1000,
};

const hostRecordSchema = z.object({
  instanceId: z.string(),
  workbenchId: z.string(),
  userId: z.string(),
  /** Milliseconds since 1970. */
  launchedAt: z.int(),
  instanceType: z.string(),
  state: z.enum(INSTANCE_STATES),
  agentConnected: z.boolean(),
  /** When the instance was terminated, milliseconds since 1970. */
  terminatedAt: z.optional(z.int()),
});
export type HostRecord = z.infer<typeof hostRecordSchema>;

/** How long a terminated instance and its client token are remembered, milliseconds: a day. */
const TERMINATED_RETENTION_MS = 24 * 60 * 60 * 1000;
const PAGE_SIZE = 100;

interface SimulatedHost {
  record: HostRecord;
  /** Cancels the scheduled state change. */
  cancel?: () => void;
  changes: Promise<void>;
}

/**
 * Simulates the hosts of workbenches: instances with ids like `sim-0a1b…` that take time to start and stop and
 * run nothing. After a restart of the server they are stopped, as after a power failure.
 */
export class SimulatedHosts implements HostFleet {
  readonly #options: SimulatedHostsOptions;
  readonly #timers: Timers;
  readonly #delays: HostDelays;
  readonly #records: RetriedRecords<HostRecord>;
  readonly #hosts = new Map<string, SimulatedHost>();

  /** Reads the host records of an earlier server. */
  static async open(options: SimulatedHostsOptions): Promise<SimulatedHosts> {
    const hosts = new SimulatedHosts(options);
    await hosts.#recover();
    return hosts;
  }

  private constructor(options: SimulatedHostsOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#delays = { ...DEFAULT_DELAYS, ...options.delays };
    const { telemetry } = options;
    const idOf = (record: HostRecord) => record.instanceId;
    const folder = new RecordFolder<HostRecord>({
      path: join(options.dataDir, 'hosts'),
      parse: (value) => hostRecordSchema.parse(value),
      idOf,
      onUnreadable: (file, cause) => telemetry?.error('a host record cannot be read', { file }, cause),
    });
    const records = options.records ?? folder;
    this.#records = new RetriedRecords({ records, idOf, timers: this.#timers, telemetry });
  }

  async launch(request: HostRequest, token: string): Promise<HostOutcome> {
    const instanceId = instanceIdOf(token);
    const known = this.#hosts.get(instanceId);
    if (known !== undefined) return this.#toAccepted(known);
    const { workbenchId, userId, instanceType } = request;
    if (!this.#options.instanceTypes.some(({ name }) => name === instanceType)) {
      const message = `There is no instance type ${instanceType}.`;
      return { kind: 'refused', code: 'cannot_fit', message, retryable: false };
    }
    this.#removeExpired();
    const launchedAt = this.#timers.now();
    const record: HostRecord = {
      ...{ instanceId, workbenchId, userId, launchedAt, instanceType },
      ...{ state: 'pending', agentConnected: false },
    };
    const created = this.#create(record);
    const host: SimulatedHost = { record, changes: created };
    this.#hosts.set(instanceId, host);
    this.#scheduleRunning(host, this.#delays.launchMs);
    try {
      await created;
    } catch (error) {
      host.cancel?.();
      throw error;
    }
    return this.#toAccepted(host);
  }

  async start(instanceId: string): Promise<HostOutcome> {
    const host = this.#hosts.get(instanceId);
    const state = host?.record.state ?? 'terminated';
    if (host !== undefined && (state === 'pending' || state === 'running')) return this.#toAccepted(host);
    if (host === undefined || state !== 'stopped') {
      const message = `The instance is ${state} and cannot be started.`;
      return { kind: 'refused', code: 'instance_lost', message, retryable: state === 'stopping' };
    }
    this.#update(host, { state: 'pending' });
    this.#scheduleRunning(host, this.#delays.startMs);
    return this.#toAccepted(host);
  }

  async stop(instanceId: string): Promise<void> {
    const host = this.#hosts.get(instanceId);
    if (host === undefined || (host.record.state !== 'pending' && host.record.state !== 'running')) return;
    this.#update(host, { state: 'stopping', agentConnected: false });
    this.#schedule(host, this.#delays.stopMs, () => this.#update(host, { state: 'stopped' }));
    await this.#flush(host);
  }

  async terminate(instanceId: string): Promise<void> {
    const host = this.#hosts.get(instanceId);
    const state = host?.record.state;
    if (host === undefined || state === 'shutting-down' || state === 'terminated') return;
    this.#update(host, { state: 'shutting-down', agentConnected: false });
    this.#schedule(host, this.#delays.terminateMs, () => this.#markTerminated(host));
    await this.#flush(host);
  }

  async describe(instanceIds: readonly string[]): Promise<readonly HostObservation[]> {
    if (instanceIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} instances at once`);
    return instanceIds.map((instanceId) => {
      const host = this.#hosts.get(instanceId);
      return host === undefined
        ? { instanceId, state: 'terminated', agentConnected: false }
        : this.#observe(host.record);
    });
  }

  async list(cursor = ''): Promise<{ hosts: readonly HostObservation[]; cursor?: string }> {
    const rest = [...this.#hosts.values()]
      .map(({ record }) => record)
      .filter(({ state, instanceId }) => state !== 'terminated' && instanceId > cursor)
      .sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
    const hosts = rest.slice(0, PAGE_SIZE).map((record) => this.#observe(record));
    const last = hosts.at(-1);
    return rest.length > PAGE_SIZE && last !== undefined ? { hosts, cursor: last.instanceId } : { hosts };
  }

  /** Cancels the scheduled changes and waits until all earlier changes are on disk, if they can be stored. */
  async close(): Promise<void> {
    for (const host of this.#hosts.values()) host.cancel?.();
    await Promise.allSettled([...this.#hosts.values()].map((host) => host.changes));
    await this.#records.close();
  }

  #scheduleRunning(host: SimulatedHost, ms: number): void {
    this.#schedule(host, ms, () => {
      this.#update(host, { state: 'running' });
      this.#schedule(host, this.#delays.agentMs, () => this.#update(host, { agentConnected: true }));
    });
  }

  #markTerminated(host: SimulatedHost): void {
    this.#update(host, { state: 'terminated', terminatedAt: this.#timers.now() });
  }

  #schedule(host: SimulatedHost, ms: number, action: () => void): void {
    host.cancel?.();
    host.cancel = this.#timers.after(ms, action);
  }

  /** @throws PortError when the record of a new instance cannot be stored; there is no instance then */
  async #create(record: HostRecord): Promise<void> {
    try {
      await this.#records.create(record);
    } catch (error) {
      this.#hosts.delete(record.instanceId);
      if (error instanceof PortError) throw error;
      throw new PortError('unavailable', 'the host record could not be written', error);
    }
    this.#publish(record);
  }

  /**
   * Changes the record in memory at once. `onChange` is called when the change is on disk or is to be saved again,
   * because a full disk must not keep an instance from being stopped.
   */
  #update(host: SimulatedHost, fields: Partial<HostRecord>): void {
    const record = { ...host.record, ...fields };
    host.record = record;
    host.changes = host.changes.then(async () => {
      await this.#records.save(record);
      this.#publish(record);
    });
    // Rejects only if the instance could not be launched, which `launch` reports.
    host.changes.catch(() => {});
  }

  #publish(record: HostRecord): void {
    try {
      this.#options.onChange?.(this.#observe(record));
    } catch (error) {
      const { instanceId } = record;
      this.#options.telemetry?.error('a host change could not be published', { instanceId }, error);
    }
  }

  async #toAccepted(host: SimulatedHost): Promise<HostOutcome> {
    await this.#flush(host);
    return { kind: 'accepted', host: this.#observe(host.record) };
  }

  async #flush(host: SimulatedHost): Promise<void> {
    await host.changes;
  }

  #observe(record: HostRecord): HostObservation {
    const { instanceId, workbenchId, userId, launchedAt, instanceType, state, agentConnected } = record;
    const type = this.#options.instanceTypes.find(({ name }) => name === instanceType);
    const offer =
      agentConnected && type !== undefined ? { cpuUnits: type.cpuUnits, memoryMib: type.memoryMib } : {};
    return { instanceId, workbenchId, userId, launchedAt, state, agentConnected, ...offer };
  }

  #removeExpired(): void {
    const now = this.#timers.now();
    for (const { record } of this.#hosts.values()) {
      if (record.terminatedAt === undefined || now - record.terminatedAt < TERMINATED_RETENTION_MS) continue;
      this.#hosts.delete(record.instanceId);
      void this.#records.remove(record.instanceId).catch(() => {});
    }
  }

  async #recover(): Promise<void> {
    for (const record of await this.#records.open()) {
      const host: SimulatedHost = { record, changes: Promise.resolve() };
      this.#hosts.set(record.instanceId, host);
      if (record.state === 'shutting-down') this.#markTerminated(host);
      else if (record.state !== 'terminated' && record.state !== 'stopped') {
        this.#update(host, { state: 'stopped', agentConnected: false });
      }
    }
    this.#removeExpired();
    await Promise.all([...this.#hosts.values()].map((host) => host.changes));
  }
}

/** Derives the id from the client token, so that a token leads to its instance. As long as an EC2 id. */
function instanceIdOf(token: string): string {
  return `sim-${createHash('sha256').update(token).digest('hex').slice(0, 17)}`;
}
