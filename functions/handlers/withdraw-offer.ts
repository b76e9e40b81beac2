import { build } from '../api/withdraw-offer.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { build };

export const handler = createApiHandler('withdraw-offer', (wiring) =>
  build(changePorts(wiring), wiring.settings),
);
