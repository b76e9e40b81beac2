import { buildWithdrawOffer } from '../api/owner.ts';
import { changePorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildWithdrawOffer as build };

export const handler = createApiHandler('withdraw-offer', (wiring) =>
  buildWithdrawOffer(changePorts(wiring), wiring.settings),
);
