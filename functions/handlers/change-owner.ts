import { build } from '../api/change-owner.ts';
import { movePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('change-owner', (wiring) =>
  build(movePorts(wiring), wiring.settings),
);
