import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { ID, T0, USER } from './workbench.ts';

/** An event of an idle warning. @param seq the number of its history entry */
export function aWorkbenchEvent(seq = 1, event: Partial<WorkbenchEvent> = {}): WorkbenchEvent {
  return {
    version: 1,
    id: `${ID}-${seq}`,
    type: 'idle_warned',
    time: new Date(T0 + seq).toISOString(),
    workbench_id: ID,
    owner: USER,
    name: 'analysis',
    status: 'running',
    history_type: 'idle_warned',
    stops_at: new Date(T0 + 600_000).toISOString(),
    stops_because: 'idle',
    ...event,
  };
}
