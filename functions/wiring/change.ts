import { systemClock } from '#adapters/system-clock.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { workQueue } from './queue.ts';
import { historyStore, openTable, quotaStore, type Table, usageStore, workbenchStore } from './table.ts';

interface ChangeWiring {
  readonly settings: DeployedSettingsFor<'WB_TABLE_NAME' | 'WB_QUEUE_URL'>;
  readonly telemetry: Telemetry;
}

/** The ports that are needed to change a workbench: the stores, and the work queue. */
export function recordPorts(
  wiring: ChangeWiring,
  table: Table = openTable(wiring),
): RecordPorts & QueuePorts {
  return {
    workbenches: workbenchStore(table),
    history: historyStore(table),
    quotas: quotaStore(table),
    usage: usageStore(table),
    queue: workQueue(wiring.settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry: wiring.telemetry,
  };
}
