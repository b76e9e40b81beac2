import { buildStopWorkbench } from '../api/workbench-commands.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildStopWorkbench as build };

export const handler = createApiHandler('stop-workbench', (wiring) =>
  buildStopWorkbench(changePorts(wiring), wiring.settings),
);
