import { build } from '../api/accept-owner.ts';
import { movePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('accept-owner', (wiring) =>
  build(movePorts(wiring), wiring.settings),
);
