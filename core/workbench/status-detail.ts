import type { Workbench } from './workbench.ts';

/**
 * What a workbench in transition waits for, in the API's words: `queued` (our own queue), `volume`, `host`,
 * `capacity`, `run` (a task that must be gone first), `host_unreachable` (a stop that is late because its
 * machine is silent), or what the task itself says. Undefined when it waits for nothing.
 */
export function statusDetail(workbench: Workbench): string | undefined {
  switch (workbench.status) {
    case 'stopped':
    case 'running':
      return undefined;
    case 'starting':
      if (workbench.pausedAt !== undefined) return 'queued';
      if (workbench.mount === undefined) return 'volume';
      if (workbench.strays.length > 0) return 'run';
      if (workbench.spec.dedicatedInstanceType !== undefined && workbench.run.phase === 'preparing')
        return 'host';
      return 'capacity';
    case 'provisioning':
    case 'pending':
      return workbench.detail;
    case 'stopping':
      return endingDetail(workbench) ?? 'host';
    case 'deleting':
      return endingDetail(workbench) ?? (workbench.host ? 'host' : 'volume');
  }
}

function endingDetail(
  workbench: Extract<Workbench, { status: 'stopping' | 'deleting' }>,
): string | undefined {
  if (!workbench.run && (workbench.status === 'stopping' || workbench.strays.length === 0)) return undefined;
  return workbench.overdue ? 'host_unreachable' : 'run';
}
