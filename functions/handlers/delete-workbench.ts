import { buildDeleteWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildDeleteWorkbench as build };

export const handler = createApiHandler('delete-workbench', (wiring) =>
  buildDeleteWorkbench(changePorts(wiring), wiring.settings),
);
