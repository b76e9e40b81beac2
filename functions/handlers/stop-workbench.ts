import { buildStopWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildStopWorkbench as build };

export const handler = createApiHandler('stop-workbench', (wiring) =>
  buildStopWorkbench(changePorts(wiring), wiring.settings),
);
