import { buildStartWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { startPorts } from '../wiring/ports.ts';

export { buildStartWorkbench as build };

export const handler = createApiHandler('start-workbench', (wiring) =>
  buildStartWorkbench(startPorts(wiring), wiring.settings),
);
