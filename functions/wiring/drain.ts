import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { DrainPorts } from '#core/machines/drain-machine.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { ApiPorts } from '../middleware/api-handler.ts';
import { apiPorts, recordPorts } from './ports.ts';
import { drainStore, openTable } from './table.ts';
import { machineInventory } from './tasks.ts';

/** The ports that are needed to empty a machine. */
export function drainPorts(wiring: {
  readonly settings: DeployedSettingsFor<
    'WB_TABLE_NAME' | 'WB_AUDIT_DAYS' | 'WB_QUEUE_URL' | 'WB_CLUSTER' | 'WB_CONTAINER_PORT'
  >;
  readonly telemetry: Telemetry;
}): ApiPorts & DrainPorts {
  const table = openTable(wiring);
  return {
    ...apiPorts(wiring, table),
    ...recordPorts(wiring, table),
    machines: machineInventory(wiring.settings),
    drains: drainStore(table),
  };
}
