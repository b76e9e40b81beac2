import { buildChangeOwner } from '../api/owner.ts';
import { movePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildChangeOwner as build };

export const handler = createApiHandler('change-owner', (wiring) =>
  buildChangeOwner(movePorts(wiring), wiring.settings),
);
