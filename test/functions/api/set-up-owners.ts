import {
  buildAcceptOwner as buildAccept,
  buildChangeOwner,
  buildWithdrawOffer as buildWithdraw,
} from '#functions/api/owner.ts';
import { buildStopWorkbench as buildStop } from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
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
    change: buildChangeOwner(ports, settings),
    accept: buildAccept(ports, settings),
    withdraw: buildWithdraw(ports, settings),
    get: buildGet(ports, settings),
  };
}
