import type { CapacityProvider, SizeCatalog } from '../ports/capacity-catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { DrainStore, MachineDrain } from '../ports/drain-store.ts';
import type {
  MachineCapacity,
  MachineInventory,
  MachineList,
  MachineObservation,
} from '../ports/machine-inventory.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { readActiveRecords } from '../workbench/active-records.ts';
import type { Status } from '../workbench/history.ts';
import { type Host, runOf, type Workbench } from '../workbench/workbench.ts';
import { isAgentOutdated } from './agent-version.ts';

export const MACHINE_STATES = ['starting', 'active', 'draining', 'stopping', 'stopped', 'failed'] as const;
export type MachineState = (typeof MACHINE_STATES)[number];

/** The `provider` of a host. */
export const DEDICATED = 'dedicated';

/** A machine with what runs on it, for operators. */
export interface Machine {
  /** The id of the EC2 instance; in local mode `local`. */
  readonly machineId: string;
  /** The capacity provider, or DEDICATED. Undefined if ECS does not name one. */
  readonly provider?: string;
  readonly instanceType?: string;
  readonly state: MachineState;
  /** Undefined in local mode, which has no agent. */
  readonly agent?: MachineAgent;
  /** An operator empties it. */
  readonly drain?: MachineDrain;
  /** Milliseconds since 1970; undefined for a host that has not registered yet. */
  readonly registeredAt?: number;
  readonly capacity?: MachineCapacity;
  readonly free?: MachineCapacity;
  /** Sorted by id. */
  readonly workbenches: readonly MachineWorkbench[];
}

export interface MachineAgent {
  readonly connected: boolean;
  readonly version?: string;
  /** Older than AGENT_VERSION_MIN. */
  readonly outdated: boolean;
}

export interface MachineWorkbench {
  readonly workbenchId: string;
  readonly userId: string;
  readonly name: string;
  readonly status: Status;
}

export interface MachinesSnapshot {
  /** Sorted by machine id. */
  readonly machines: readonly Machine[];
  /** False if there are more machines or active workbenches than one snapshot reads. */
  readonly complete: boolean;
  /** When the snapshot was read, milliseconds since 1970. */
  readonly readAt: number;
}

export interface MachinePorts {
  readonly machines: Pick<MachineInventory, 'list'>;
  readonly workbenches: Pick<WorkbenchStore, 'listActive' | 'read'>;
  readonly drains: Pick<DrainStore, 'list'>;
  readonly catalog: Pick<SizeCatalog, 'providers'>;
  readonly clock: Clock;
}

/**
 * Reads all machines and what runs on them: the registered ones from the cluster, hosts that are not registered from
 * their records. Reads the active records only.
 * @throws PortError
 */
export async function listMachines(ports: MachinePorts): Promise<MachinesSnapshot> {
  const readAt = ports.clock.now();
  const [inventory, active, providers, drains] = await Promise.all([
    ports.machines.list(),
    readActiveRecords(ports.workbenches),
    ports.catalog.providers(),
    ports.drains.list(),
  ]);
  return {
    machines: assembleMachines(inventory, active.records, providers, drains),
    complete: inventory.complete && active.complete,
    readAt,
  };
}

/** Assembles the machines from what the cluster and the records say. */
export function assembleMachines(
  { machines }: Pick<MachineList, 'machines'>,
  records: readonly Workbench[],
  providers: readonly CapacityProvider[],
  drains: readonly MachineDrain[] = [],
): readonly Machine[] {
  const registered = new Set(machines.map(({ machineId }) => machineId));
  const ownersByHost = new Map(
    records.flatMap((record) => {
      const instanceId = record.host?.instanceId;
      return instanceId === undefined ? [] : [[instanceId, record] as const];
    }),
  );
  const known = machines.map((machine) =>
    toMachine(machine, ownersByHost.get(machine.machineId), workbenchesOn(machine, records), providers),
  );
  const unregistered = [...ownersByHost]
    .filter(([instanceId]) => !registered.has(instanceId))
    .map(([instanceId, record]) => toUnregisteredHost(instanceId, record));
  const drainOf = new Map(drains.map((drain) => [drain.machineId, drain]));
  return [...known, ...unregistered]
    .map((machine) => withDrain(machine, drainOf.get(machine.machineId)))
    .sort((a, b) => (a.machineId < b.machineId ? -1 : 1));
}

/** ECS does not drain a host: its record decides where its runs are placed. */
function withDrain(machine: Machine, drain: MachineDrain | undefined): Machine {
  if (drain === undefined) return machine;
  return { ...machine, drain, state: machine.state === 'active' ? 'draining' : machine.state };
}

function toMachine(
  machine: MachineObservation,
  owner: Workbench | undefined,
  workbenches: readonly MachineWorkbench[],
  providers: readonly CapacityProvider[],
): Machine {
  const { machineId, provider, instanceType, agentVersion: version, registeredAt, capacity, free } = machine;
  const limit = interfacesOf(machine, providers);
  const withLimit = (amounts: MachineCapacity, used: number): MachineCapacity =>
    limit === undefined ? amounts : { ...amounts, interfaces: Math.max(0, limit - used) };
  // The registration of a stopped host stays, and does not say that it is stopped.
  const hostState = owner?.host === undefined ? undefined : stateOfHost(owner.host);
  return {
    machineId,
    ...(machine.dedicated ? { provider: DEDICATED } : provider === undefined ? {} : { provider }),
    ...(instanceType === undefined ? {} : { instanceType }),
    state: hostState === undefined || hostState === 'active' ? machine.state : hostState,
    ...(version === undefined && machine.containerInstance === undefined
      ? {}
      : { agent: toAgent(machine.agentConnected, version) }),
    ...(registeredAt === undefined ? {} : { registeredAt }),
    ...(capacity === undefined ? {} : { capacity: withLimit(capacity, 0) }),
    ...(free === undefined ? {} : { free: withLimit(free, machine.tasks) }),
    workbenches: owner === undefined ? workbenches : [toMachineWorkbench(owner)],
  };
}

function toAgent(connected: boolean, version: string | undefined): MachineAgent {
  return {
    connected,
    ...(version === undefined ? {} : { version }),
    outdated: version !== undefined && isAgentOutdated(version),
  };
}

/** A host that has not registered yet, whose registration ECS has removed, or that local mode simulates. */
function toUnregisteredHost(machineId: string, record: Workbench): Machine {
  const host = record.host as Host;
  const state = stateOfHost(host);
  return {
    machineId,
    provider: DEDICATED,
    instanceType: host.instanceType,
    state: state === 'active' && !host.agentConnected ? 'starting' : state,
    agent: { connected: host.agentConnected, outdated: false },
    workbenches: [toMachineWorkbench(record)],
  };
}

function stateOfHost({ state }: Host): MachineState {
  switch (state) {
    case 'running':
      return 'active';
    case 'stopping':
    case 'shutting-down':
    case 'terminated':
      return 'stopping';
    case 'stopped':
      return 'stopped';
    default:
      return 'starting';
  }
}

/** The number of tasks for which the machine has network interfaces; undefined without a limit. */
function interfacesOf(
  { provider, trunked, capacity }: MachineObservation,
  providers: readonly CapacityProvider[],
): number | undefined {
  if (capacity?.interfaces !== undefined) return capacity.interfaces;
  const known = providers.find(({ name }) => name === provider);
  if (known === undefined) return undefined;
  const { interfaces, trunkedInterfaces = interfaces, untrunkedInterfaces = interfaces } = known;
  const limit = trunked ? trunkedInterfaces : untrunkedInterfaces;
  return Number.isFinite(limit) ? limit : undefined;
}

/** The workbenches whose task is on this shared machine. In local mode neither the task nor the machine names a container instance. */
function workbenchesOn(
  { containerInstance }: MachineObservation,
  records: readonly Workbench[],
): readonly MachineWorkbench[] {
  return records
    .filter((record) => {
      const run = runOf(record);
      if (run?.phase !== 'accepted' || record.host !== undefined) return false;
      return run.containerInstance === containerInstance;
    })
    .map(toMachineWorkbench)
    .sort((a, b) => (a.workbenchId < b.workbenchId ? -1 : 1));
}

function toMachineWorkbench({ workbenchId, userId, name, status }: Workbench): MachineWorkbench {
  return { workbenchId, userId, name, status };
}
