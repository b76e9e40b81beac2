import type { HostObservation } from '../../ports/host-fleet.ts';
import type { Base, Host } from '../workbench.ts';
import type { Effect } from './effects.ts';

/** What the dedicated machine should be. */
export type HostTarget = 'ready' | 'stopped' | 'terminated';

/** Running, with an agent that takes tasks, and not about to be replaced. */
export function isHostReady(host: Host): boolean {
  return host.state === 'running' && host.agentConnected && !host.replacing;
}

/** Stopped or terminated: nothing runs on it. */
export function isHostEnded({ state }: Pick<Host, 'state'>): boolean {
  return state === 'stopped' || state === 'terminated';
}

/** The first host of a workbench: nothing has been sent yet, but from now on a launch may be. */
export function requestedHost(instanceType: string, generation: number): Host {
  return { instanceType, generation, state: 'requested', agentConnected: false };
}

/** The launch token of a generation: the same for every retry of it, at most 64 ASCII characters. */
function launchClientToken(workbenchId: string, generation: number): string {
  return `${workbenchId}/host/${generation}`;
}

/** What brings the host one step nearer to what it should be; empty when it is there. */
export function hostEffects(workbench: Base, host: Host, target: HostTarget): readonly Effect[] {
  const { instanceId, generation, instanceType, state } = host;
  if (instanceId === undefined) {
    // It may have been launched: the same call again tells which instance is to be used, stopped or ended.
    return [
      {
        type: 'launch_host',
        generation,
        instanceType,
        token: launchClientToken(workbench.workbenchId, generation),
      },
    ];
  }
  const look: readonly Effect[] = [{ type: 'describe_host', instanceId }];
  if (state === 'shutting-down') return look;
  if (target === 'terminated' || host.replacing) return [{ type: 'terminate_host', instanceId }];
  if (state === 'stopping') return look;
  if (target === 'ready')
    return state === 'stopped' ? [{ type: 'start_host', generation, instanceId }] : look;
  return state === 'stopped' ? [] : [{ type: 'stop_host', instanceId }];
}

/** The host with what was seen of its instance. */
export function withObservation(host: Host, seen: HostObservation): Host {
  return {
    ...host,
    instanceId: seen.instanceId,
    state: seen.state,
    agentConnected: seen.state === 'running' && seen.agentConnected,
    ...(seen.cpuUnits === undefined ? {} : { cpuUnits: seen.cpuUnits }),
    ...(seen.memoryMib === undefined ? {} : { memoryMib: seen.memoryMib }),
  };
}
