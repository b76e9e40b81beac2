import type { Deleting, Stopping, Workbench } from './workbench.ts';

/**
 * What a workbench in transition waits for, in the API's words: `queued` (our own queue), `volume`, `host`,
 * `capacity`, `run` (a task that must be gone first), `instance_unreachable` (a stop that is late because of
 * its machine), or what the task itself says. Undefined when it waits for nothing.
 */
export function statusDetail(workbench: Workbench): string | undefined {
  switch (workbench.status) {
    case 'stopped':
    case 'running':
      return undefined;
    case 'starting':
      if (workbench.deadlinePausedAt !== undefined) return 'queued';
      if (workbench.mount === undefined) return 'volume';
      if (workbench.unexpectedTasks.length > 0) return 'run';
      if (workbench.spec.dedicatedInstanceType !== undefined && workbench.run.phase === 'preparing')
        return 'host';
      return 'capacity';
    case 'provisioning':
    case 'pending':
      return workbench.detail;
    case 'stopping':
    case 'deleting':
      return endingDetail(workbench);
  }
}

function endingDetail({ run, unexpectedTasks, host, overdue }: Stopping | Deleting): string {
  const runIsLeft = run !== undefined || unexpectedTasks.length > 0;
  if (!runIsLeft && host === undefined) return 'volume';
  if (overdue) return 'instance_unreachable';
  return runIsLeft ? 'run' : 'host';
}
