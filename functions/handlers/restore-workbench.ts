import { build } from '../api/restore-workbench.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('restore-workbench', (wiring) =>
  build(changePorts(wiring), wiring.settings),
);
