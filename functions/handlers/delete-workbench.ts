import { buildDeleteWorkbench } from '../api/workbench-commands.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildDeleteWorkbench as build };

export const handler = createApiHandler('delete-workbench', (wiring) =>
  buildDeleteWorkbench(changePorts(wiring), wiring.settings),
);
