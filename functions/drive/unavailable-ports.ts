import type { InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';

/**
 * Thrown by ports that are not available in a function, before they do anything. It is no PortError, so the life cycle
 * does not treat it as the outcome of an effect: the drive ends, and another function continues from the record.
 */
export class PortNotAvailableHere extends Error {
  constructor() {
    super('this port is not available in this function');
    this.name = 'PortNotAvailableHere';
  }
}

const throwUnavailable = async (): Promise<never> => {
  throw new PortNotAvailableHere();
};

/** The host fleet of a function that does not contain the EC2 client. */
export const unavailableHostFleet: HostFleet = {
  launch: throwUnavailable,
  start: throwUnavailable,
  stop: throwUnavailable,
  terminate: throwUnavailable,
  describe: throwUnavailable,
  list: throwUnavailable,
};

/** The instances of the cluster, which are needed only while an agent is disconnected. */
export const unavailableInstances: InstanceOperations = {
  states: throwUnavailable,
  terminate: throwUnavailable,
};
