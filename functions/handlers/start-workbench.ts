import { buildStartWorkbench } from '../api/workbench-commands.ts';
import { startPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildStartWorkbench as build };

export const handler = createApiHandler('start-workbench', (wiring) =>
  buildStartWorkbench(startPorts(wiring), wiring.settings),
);
