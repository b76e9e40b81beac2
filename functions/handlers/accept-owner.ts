import { buildAcceptOwner } from '../api/owner.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { movePorts } from '../wiring/ports.ts';

export { buildAcceptOwner as build };

export const handler = createApiHandler('accept-owner', (wiring) =>
  buildAcceptOwner(movePorts(wiring), wiring.settings),
);
