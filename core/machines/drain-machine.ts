import { machineNotFound } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DrainStore, MachineDrain } from '../ports/drain-store.ts';
import type { MachineInventory, MachineObservation } from '../ports/machine-inventory.ts';
import { containerInstanceIdOf } from '../ports/task-runner.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { DrainedMachine, Observation } from '../workbench/lifecycle/inputs.ts';
import { isDrained } from '../workbench/lifecycle/interruption.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { observeDrain } from '../workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import { runOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';

export interface DrainPorts extends RecordPorts, QueuePorts {
  readonly machines: Pick<MachineInventory, 'find' | 'setDraining' | 'listTasks'>;
  readonly drains: DrainStore;
  readonly workbenches: RecordPorts['workbenches'] & Pick<WorkbenchStore, 'findByInstanceId'>;
  readonly clock: Clock;
}

export interface DrainRequest {
  /** When the workbenches on the machine are stopped, milliseconds since 1970; absent: each at its next stop. */
  readonly until?: number;
  /** The caller, as the history names callers. */
  readonly by: string;
}

/**
 * Empties a machine: it takes no new workbench, the owners of those on it are informed, and they are stopped at `until`. The
 * drain is stored first. If a later step fails, the sweeps complete it. A repeated request replaces the time.
 * @throws WorkbenchError `machine_not_found`, `unavailable`; PortError
 */
export async function drainMachine(
  ports: DrainPorts,
  policy: Policy,
  machineId: string,
  { until, by }: DrainRequest,
): Promise<MachineDrain> {
  const target = await findTarget(ports, machineId);
  const earlier = (await ports.drains.list()).find((drain) => drain.machineId === machineId);
  const drain: MachineDrain = {
    machineId,
    dedicated: target.host !== undefined,
    ...(target.containerInstance === undefined ? {} : { containerInstance: target.containerInstance }),
    since: earlier?.since ?? ports.clock.now(),
    ...(until === undefined ? {} : { until }),
    requestedBy: by,
  };
  await ports.drains.put(drain);
  // Before the tasks are listed, so that no later task is missed.
  if (target.shared !== undefined) await ports.machines.setDraining(target.shared, true);
  await notify(ports, policy, target, (on) => drainNotice(on, drain));
  return drain;
}

/**
 * Takes a drain back. Also ends the draining of a machine that the controller does not know as drained.
 * @throws WorkbenchError `machine_not_found`, `unavailable`; PortError
 */
export async function cancelDrain(ports: DrainPorts, policy: Policy, machineId: string): Promise<void> {
  const target = await findTarget(ports, machineId);
  // The sweep would drain a machine again whose drain is still stored, and the operator repeats a request that failed.
  if (target.shared !== undefined) await ports.machines.setDraining(target.shared, false);
  await ports.drains.remove(machineId);
  await notify(ports, policy, target, (on) => ({ type: 'drain_ended', on }));
}

export type DrainObservation = Extract<Observation, { readonly type: 'drain_noticed' | 'drain_ended' }>;

/** What a record learns of the drain of its machine. */
function drainNotice(on: DrainedMachine, { until }: Pick<MachineDrain, 'until'>): DrainObservation {
  return { type: 'drain_noticed', on, ...(until === undefined ? {} : { until }) };
}

/** A shared machine, or the host of a workbench. */
interface Target {
  readonly machineId: string;
  readonly shared?: MachineObservation;
  readonly host?: WorkbenchKey;
  readonly containerInstance?: string | undefined;
}

async function findTarget(ports: DrainPorts, machineId: string): Promise<Target> {
  const [machine, host] = await Promise.all([
    ports.machines.find(machineId),
    ports.workbenches.findByInstanceId(machineId),
  ]);
  // The record of a host decides where its runs are placed, so ECS need not drain it.
  if (host !== undefined) return { machineId, host };
  if (machine === undefined || machine.dedicated) throw machineNotFound();
  return { machineId, shared: machine, containerInstance: machine.containerInstance };
}

/** Informs each workbench. The others do not wait for one that fails. */
async function notify(
  ports: DrainPorts,
  policy: Policy,
  { machineId, host, shared }: Target,
  toNotice: (on: DrainedMachine) => DrainObservation,
): Promise<void> {
  if (host !== undefined) {
    await observeDrain(ports, policy, host, toNotice({ kind: 'host', instanceId: machineId }));
    return;
  }
  if (shared === undefined) return;
  const errors: unknown[] = [];
  for (const { userId, workbenchId, taskId } of await ports.machines.listTasks(shared)) {
    try {
      await observeDrain(ports, policy, { userId, workbenchId }, toNotice({ kind: 'task', taskId }));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * Returns what the record does not know yet of the drain of its machine; undefined if it knows. The record must have been
 * read before the drains, so that a drain that it knows and that is not in the list was taken back.
 * @param containerInstance that of the task, as just read; absent: as the record knows it
 */
export function missingDrainNotice(
  workbench: Workbench,
  drains: readonly MachineDrain[],
  containerInstance?: string,
): DrainObservation | undefined {
  const { host, revision: asOfRevision } = workbench;
  const run = runOf(workbench);
  if (host !== undefined) {
    if (host.instanceId === undefined) return undefined;
    const on = { kind: 'host', instanceId: host.instanceId } as const;
    const drain = drains.find(({ machineId }) => machineId === host.instanceId);
    if (drain !== undefined) return { ...drainNotice(on, drain), asOfRevision };
    return isDrained(workbench) ? { type: 'drain_ended', on, asOfRevision } : undefined;
  }
  if (run?.phase !== 'accepted') return undefined;
  const on = { kind: 'task', taskId: run.taskId } as const;
  const known =
    containerInstance === undefined ? run.containerInstance : containerInstanceIdOf(containerInstance);
  // In local mode neither the task nor the drain names a container instance.
  const drain = drains.find(({ dedicated, containerInstance: drained }) => !dedicated && drained === known);
  if (drain !== undefined) return { ...drainNotice(on, drain), asOfRevision };
  return isDrained(workbench) ? { type: 'drain_ended', on, asOfRevision } : undefined;
}
