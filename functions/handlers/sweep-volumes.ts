import { systemClock } from '#adapters/system-clock.ts';
import { build } from '../schedules/sweep-volumes.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { workQueue } from '../wiring/queue.ts';
import { historyStore, openTable, reportStore, workbenchStore } from '../wiring/table.ts';
import { volumeStoreForSweep } from '../wiring/volumes.ts';

export { build };

export const handler = createHandler('sweep-volumes', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const ports = {
    workbenches: workbenchStore(table),
    history: historyStore(table),
    reports: reportStore(table),
    volumes: volumeStoreForSweep(settings),
    queue: workQueue(settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry,
  };
  return build(ports, settings);
});
