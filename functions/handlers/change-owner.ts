import { buildChangeOwner } from '../api/owner.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { movePorts } from '../wiring/ports.ts';

export { buildChangeOwner as build };

export const handler = createApiHandler('change-owner', (wiring) =>
  buildChangeOwner(movePorts(wiring), wiring.settings),
);
