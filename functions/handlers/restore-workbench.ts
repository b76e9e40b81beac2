import { buildRestoreWorkbench } from '../api/workbench-commands.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildRestoreWorkbench as build };

export const handler = createApiHandler('restore-workbench', (wiring) =>
  buildRestoreWorkbench(changePorts(wiring), wiring.settings),
);
