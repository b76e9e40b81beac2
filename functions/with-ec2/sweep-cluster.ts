import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../schedules/sweep-cluster.ts';
import { openEc2ForAudit } from '../wiring/ec2.ts';
import { openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { clusterUpkeep, openClusterForAudit } from '../wiring/tasks.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

export const handler = createHandler('sweep-cluster', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const ports = {
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    upkeep: clusterUpkeep(openClusterForAudit(settings), settings, openEc2ForAudit(settings).instances),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
