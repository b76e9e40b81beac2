import { buildExtendWorkbench } from '../api/workbench-commands.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildExtendWorkbench as build };

export const handler = createApiHandler('extend-workbench', (wiring) =>
  buildExtendWorkbench(changePorts(wiring), wiring.settings),
);
