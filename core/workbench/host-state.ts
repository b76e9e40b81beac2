/** The part of a host that these predicates read; a `Host` of the record or an observation. */
interface HostState {
  readonly state: string;
  readonly agentConnected: boolean;
  readonly replacing?: boolean | undefined;
}

/** Whether ECS can place a task on it: it runs, its agent is connected, and it is not about to be replaced. */
export function isHostReady(host: HostState): boolean {
  return host.state === 'running' && host.agentConnected && !host.replacing;
}

/** Whether its instance runs or starts to. Otherwise only its disk costs money. */
export function isHostOn({ state }: Pick<HostState, 'state'>): boolean {
  return state === 'pending' || state === 'running';
}

/** Whether it is stopped or terminated, so that nothing runs on it. */
export function isHostEnded({ state }: Pick<HostState, 'state'>): boolean {
  return state === 'stopped' || state === 'terminated';
}

/** The memory of the workbench's tasks in MiB: all of its host, or what was requested. */
export function taskMemoryOf({
  host,
  spec,
}: {
  readonly host?: { readonly memoryMib?: number | undefined } | undefined;
  readonly spec: { readonly memoryMib: number };
}): number {
  return host?.memoryMib ?? spec.memoryMib;
}
