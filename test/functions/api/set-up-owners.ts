import { build as buildAccept } from '#functions/api/accept-owner.ts';
import { build } from '#functions/api/change-owner.ts';
import { build as buildGet } from '#functions/api/get-workbench.ts';
import { build as buildStop } from '#functions/api/stop-workbench.ts';
import { build as buildWithdraw } from '#functions/api/withdraw-offer.ts';
import { call, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

/** A stopped workbench of `ada`, and the endpoints that change its owner. */
export async function setUpOwners() {
  const found = await withWorkbench();
  const { ports, settings, world, key, request } = found;
  await call(buildStop(ports, settings), request);
  await world.waitForStatus(key, 'stopped');
  const as = (user: string) => ({ wid: request.wid, authorizer: tokenOf(user) });
  return {
    ...found,
    as,
    change: build(ports, settings),
    accept: buildAccept(ports, settings),
    withdraw: buildWithdraw(ports, settings),
    get: buildGet(ports, settings),
  };
}
