import { buildRestoreWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildRestoreWorkbench as build };

export const handler = createApiHandler('restore-workbench', (wiring) =>
  buildRestoreWorkbench(changePorts(wiring), wiring.settings),
);
