import {
  buildCreateShareLink as buildCreate,
  buildDeleteShareLink as buildDelete,
  buildListShareLinks as buildList,
  buildPreviewShareLink as buildPreview,
  buildRedeemShareLink as buildRedeem,
} from '#functions/api/share-links.ts';
import { type Call, call, tokenOf } from '../call-api.ts';
import { withShares } from './with-shares.ts';

/** A world with one workbench of `ada`, and the routes of its shares and links. */
export async function withLinks(env: Readonly<Record<string, string>> = { WB_GATE: 'host' }) {
  const found = await withShares(env);
  const { world, settings, request } = found;
  let links = 0;
  // An id of a link has 16 characters.
  const ids = { ...found.ports.ids, runId: () => String(++links).padStart(16, '0') };
  const ports = { ...found.ports, ids };
  const [create, list, remove] = [
    buildCreate(ports, settings),
    buildList(ports, settings),
    buildDelete(ports, settings),
  ];
  const [preview, redeem] = [buildPreview(ports, settings), buildRedeem(ports, settings)];
  const asUser = (user: string): Partial<Call> => ({ query: '', authorizer: tokenOf(user) });
  return {
    ...found,
    ports,
    asUser,
    create: (body: object = { role: 'use' }, more: Partial<Call> = {}) =>
      call(create, { ...request, body, route: 'POST /workbenches/{wid}/share-links', ...more }),
    links: (more: Partial<Call> = {}) =>
      call(list, { ...request, route: 'GET /workbenches/{wid}/share-links', ...more }),
    revoke: (linkId: string, more: Partial<Call> = {}) =>
      call(remove, {
        ...request,
        linkId,
        route: 'DELETE /workbenches/{wid}/share-links/{link_id}',
        ...more,
      }),
    preview: (user: string, code: string) =>
      call(preview, { ...asUser(user), body: { code }, route: 'POST /share-links/preview' }),
    redeem: (user: string, code: string, more: Partial<Call> = {}) =>
      call(redeem, { ...asUser(user), body: { code }, route: 'POST /share-links/redeem', ...more }),
    /** Role and end of the share of a user; undefined without one. */
    shareOf: async (userId: string) => {
      const grantee = { kind: 'user', userId } as const;
      const [share] = await ports.shares.read([{ workbenchId: found.key.workbenchId, grantee }]);
      return share && { role: share.role, expiresAt: share.expiresAt, linkId: share.linkId };
    },
    inFuture: (ms: number) => new Date(world.clock.now() + ms).toISOString(),
  };
}
