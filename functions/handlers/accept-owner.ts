import { buildAcceptOwner } from '../api/owner.ts';
import { movePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildAcceptOwner as build };

export const handler = createApiHandler('accept-owner', (wiring) =>
  buildAcceptOwner(movePorts(wiring), wiring.settings),
);
