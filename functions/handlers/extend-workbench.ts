import { buildExtendWorkbench } from '../api/workbench-commands.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildExtendWorkbench as build };

export const handler = createApiHandler('extend-workbench', (wiring) =>
  buildExtendWorkbench(changePorts(wiring), wiring.settings),
);
