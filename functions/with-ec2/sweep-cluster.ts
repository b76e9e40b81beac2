import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../schedules/sweep-cluster.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { openEc2ForSweep } from '../wiring/ec2.ts';
import { openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { clusterCleanup, openClusterForSweep } from '../wiring/tasks.ts';

export { build };

export const handler = createHandler('sweep-cluster', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const ports = {
    workbenches: workbenchStore(table),
    reports: reportStore(table),
    cleanup: clusterCleanup(openClusterForSweep(settings), settings, openEc2ForSweep(settings).instances),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
