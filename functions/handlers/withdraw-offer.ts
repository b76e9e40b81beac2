import { buildWithdrawOffer } from '../api/owner.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { changePorts } from '../wiring/ports.ts';

export { buildWithdrawOffer as build };

export const handler = createApiHandler('withdraw-offer', (wiring) =>
  buildWithdrawOffer(changePorts(wiring), wiring.settings),
);
