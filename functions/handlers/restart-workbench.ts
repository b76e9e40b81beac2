import { buildRestartWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { startPorts } from '../wiring/ports.ts';

export { buildRestartWorkbench as build };

export const handler = createApiHandler('restart-workbench', (wiring) =>
  buildRestartWorkbench(startPorts(wiring), wiring.settings),
);
