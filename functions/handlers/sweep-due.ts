import { systemClock } from '#adapters/system-clock.ts';
import { buildSweepDue } from '../schedules/sweeps.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { workQueue } from '../wiring/queue.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';

export { buildSweepDue as build };

export const handler = createHandler('sweep-due', (wiring) => {
  const { settings, telemetry } = wiring;
  const ports = {
    workbenches: workbenchStore(openTable(wiring)),
    queue: workQueue(settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry,
  };
  return buildSweepDue(ports);
});
