import type { InstanceOperations } from '#adapters/aws/ecs/container-instances.ts';
import type { HostFleet } from '#core/ports/host-fleet.ts';

/**
 * Thrown by the ports that a function does not have, before anything is done: another function has them. It is
 * no PortError, so nothing is learnt from it and whoever drives ends where it stands; what was done until then
 * is in the record, or is done again.
 */
export class PortNotAvailableHere extends Error {
  constructor() {
    super('another function has this port');
    this.name = 'Elsewhere';
  }
}

const throwUnavailable = async (): Promise<never> => {
  throw new PortNotAvailableHere();
};

/** The dedicated machines, in a function that does not carry the client of EC2. */
export const unavailableHostFleet: HostFleet = {
  launch: throwUnavailable,
  start: throwUnavailable,
  stop: throwUnavailable,
  terminate: throwUnavailable,
  describe: throwUnavailable,
  list: throwUnavailable,
};

/** The machines under the cluster, likewise: asked about when an agent is silent. */
export const unavailableInstances: InstanceOperations = {
  states: throwUnavailable,
  terminate: throwUnavailable,
};
