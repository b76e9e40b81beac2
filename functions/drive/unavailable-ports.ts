import type { InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import type { QueueName } from '#contract/deployed-functions.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';
import type { TaskRunner } from '#core/ports/task-runner.ts';
import type { EffectPorts } from '#core/workbench/execute-effect.ts';

type DrivenVolumes = EffectPorts['volumes'];

/**
 * Thrown by ports that are not available in a function, before they do anything. It is no PortError, so the life cycle
 * does not treat it as the outcome of an effect: the drive ends, and another function continues from the record.
 *
 * Every port that is not available in one function is available in the function behind the queue that the error names.
 * So no workbench is forwarded from queue to queue without progress.
 */
export class PortNotAvailableHere extends Error {
  /** The queue of the function that has the port. */
  readonly queue: QueueName;

  constructor(queue: QueueName) {
    super(`this port is available only to the function of the queue "${queue}"`);
    this.name = 'PortNotAvailableHere';
    this.queue = queue;
  }
}

function unavailableUntil(queue: QueueName): () => Promise<never> {
  return async () => {
    throw new PortNotAvailableHere(queue);
  };
}

const inDrive = unavailableUntil('work');
const inDriveHost = unavailableUntil('host');
const inDriveDelete = unavailableUntil('delete');

/** The host fleet of a function that does not contain the EC2 client. */
export const unavailableHostFleet: HostFleet = {
  launch: inDriveHost,
  start: inDriveHost,
  stop: inDriveHost,
  terminate: inDriveHost,
  describe: inDriveHost,
  list: inDriveHost,
};

/** The instances of the cluster, which are needed only while an agent is disconnected. */
export const unavailableInstances: InstanceOperations = {
  states: inDriveHost,
  terminate: inDriveHost,
};

/** The tasks of a function that does not contain the ECS client. Only `drive-host` can terminate their instances. */
const unavailableTasks: TaskRunner = {
  prepare: inDrive,
  run: inDrive,
  stop: inDrive,
  describe: inDrive,
  list: inDrive,
  listOf: inDrive,
  terminateInstance: inDriveHost,
};

const unavailableCatalog: CapacityCatalog = {
  providers: inDrive,
  instanceTypes: inDrive,
  freeCapacity: inDrive,
  reserve: () => {
    throw new PortNotAvailableHere('work');
  },
};

/** The volumes of a function that does not delete files. */
export function withoutDeletion(volumes: DrivenVolumes): DrivenVolumes {
  return { ensure: (workbenchId) => volumes.ensure(workbenchId), deleteSlice: inDriveDelete };
}

/** The ports of the function that only deletes files and records. */
export function deletionOnly(volumes: DrivenVolumes): Omit<EffectPorts, 'activity'> {
  return {
    volumes: { ensure: inDrive, deleteSlice: (workbenchId) => volumes.deleteSlice(workbenchId) },
    tasks: unavailableTasks,
    gate: { probe: inDrive },
    hosts: unavailableHostFleet,
    catalog: unavailableCatalog,
  };
}
