import type { HostObservation } from '../../ports/host-fleet.ts';
import type { Base, Host } from '../workbench.ts';
import type { Effect } from './inputs.ts';

/** The desired state of a host. */
export type HostTarget = 'ready' | 'stopped' | 'terminated';

/** A host before its launch. Once the record contains it, the launch may have been sent. */
export function requestedHost(instanceType: string, generation: number): Host {
  return { instanceType, generation, state: 'requested', agentConnected: false };
}

/**
 * The host of the next launch, which is sent after a delay. Until then the launch is not a pending effect, so that a stop
 * in the meantime has no host to wait for. See docs/lifecycle.md#launches-of-a-host.
 */
export function postponedHost({ instanceType, generation, failedLaunches }: Host, launchAfter: number): Host {
  return {
    ...requestedHost(instanceType, generation + 1),
    ...(failedLaunches === undefined ? {} : { failedLaunches }),
    launchAfter,
  };
}

/** The client token of a launch: the same for every retry of the generation, at most 64 ASCII characters. */
function launchClientToken(workbenchId: string, generation: number): string {
  return `${workbenchId}/host/${generation}`;
}

/** Returns the effects that move the host one step towards the target; empty if it has reached it. */
export function hostEffects(workbench: Base, host: Host, target: HostTarget): readonly Effect[] {
  const { instanceId, generation, instanceType, state } = host;
  if (instanceId === undefined) {
    // The launch may have been sent. The same call returns its instance, to be used, stopped or terminated.
    return [
      {
        type: 'launch_host',
        generation,
        instanceType,
        token: launchClientToken(workbench.workbenchId, generation),
      },
    ];
  }
  const poll: readonly Effect[] = [{ type: 'describe_host', instanceId }];
  if (state === 'shutting-down') return poll;
  if (target === 'terminated' || host.replacing) return [{ type: 'terminate_host', instanceId }];
  if (state === 'stopping' || state === 'unknown') return poll;
  if (target === 'ready')
    return state === 'stopped' ? [{ type: 'start_host', generation, instanceId }] : poll;
  return state === 'stopped' ? [] : [{ type: 'stop_host', instanceId }];
}

/** The host with the state of its instance as observed. */
export function withObservation(host: Host, observation: HostObservation): Host {
  const { instanceId, state, cpuUnits, memoryMib } = observation;
  const { launchAfter: _sent, failedLaunches, ...known } = host;
  const agentConnected = state === 'running' && observation.agentConnected;
  return {
    ...known,
    instanceId,
    state,
    agentConnected,
    ...(failedLaunches === undefined || agentConnected ? {} : { failedLaunches }),
    ...(cpuUnits === undefined ? {} : { cpuUnits }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  };
}
