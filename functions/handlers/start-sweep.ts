import { createLambdaClient } from '#adapters/aws/clients.ts';
import { LambdaSweepStarter } from '#adapters/aws/lambda/sweep-starter.ts';
import { SWEEP_FUNCTIONS } from '#contract/sweep-functions.ts';
import { buildStartSweep } from '../api/sweeps.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { apiPorts } from '../wiring/ports.ts';
import { openTable, reportStore, sweepRequests } from '../wiring/table.ts';

export { buildStartSweep as build };

export const handler = createApiHandler('start-sweep', (wiring) => {
  const { settings } = wiring;
  const table = openTable(wiring);
  const sweeps = new LambdaSweepStarter(
    createLambdaClient(),
    sweepRequests(table),
    (sweep) => `${settings.WB_INSTALLATION}-${SWEEP_FUNCTIONS[sweep]}`,
  );
  return buildStartSweep({ ...apiPorts(wiring, table), reports: reportStore(table), sweeps }, settings);
});
