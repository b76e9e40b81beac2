import { expect, test } from 'vitest';
import { ROUTES, type Route } from '#contract/routes.ts';
import { ACTING_ROLES, type ActingRole, mayDo } from '#core/access/rights.ts';
import { buildDeleteWorkbench as buildDelete } from '#functions/api/workbench-commands.ts';
import type { AuthorizerContext } from '#functions/authorizer/principal.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import { buildRoutes, type LocalPorts } from '#local/handlers.ts';
import { aShare } from '#test/builders/share.ts';
import { call, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

type Relation = ActingRole | 'none' | 'expired' | 'group of the same name' | 'share of another workbench';
const RELATIONS: readonly Relation[] = [
  ...ACTING_ROLES,
  'none',
  'expired',
  'group of the same name',
  'share of another workbench',
];

/** By operation. An offer is possible while the workbench starts; a move at once is not. */
const BODIES: Readonly<Record<string, object>> = {
  extendWorkbench: { minutes: 60 },
  reportActivity: { kinds: ['ide'], last_activity: '2030-01-01T10:30:00Z' },
  setShare: { role: 'use' },
  createShareLink: { role: 'use' },
  changeOwner: { owner: 'eve', offer: true },
};

function principalOf(relation: Relation): AuthorizerContext {
  if (relation === 'owner') return tokenOf('ada');
  return relation === 'administrator' ? tokenOf('root', { scopes: 'workbench:admin' }) : tokenOf('bob');
}

/** Sends the request of a route to a new workbench of `ada`, as a user in this relation to it. */
async function send(route: Route, relation: Relation) {
  const { world, ports, settings, key, request } = await withWorkbench({}, { WB_DELETE_AFTER_HOURS: '1' });
  const workbenchId = key.workbenchId;
  if (route.operationId === 'extendWorkbench' || route.operationId === 'reportActivity')
    await world.waitForStatus(key, 'running');
  if (route.operationId === 'restoreWorkbench') await call(buildDelete(ports, settings), request);
  if (relation === 'use' || relation === 'manage')
    await ports.shares.put(aShare({ workbenchId, role: relation }));
  if (relation === 'expired')
    await ports.shares.put(aShare({ workbenchId, role: 'manage', expiresAt: world.clock.now() }));
  if (relation === 'group of the same name')
    await ports.shares.put(aShare({ workbenchId, role: 'manage', grantee: { kind: 'group', group: 'bob' } }));
  if (relation === 'share of another workbench')
    await ports.shares.put(aShare({ workbenchId: '0'.repeat(26), role: 'manage' }));
  const routes = buildRoutes(ports as unknown as LocalPorts, settings);
  const handler = routes.find(({ method, path }) => method === route.method && path === route.path)?.handler;
  if (handler === undefined) throw new Error(`${route.operationId} has no handler`);
  const response = await call(handler as ApiHandler, {
    wid: workbenchId,
    grantee: 'user:eve',
    linkId: '0'.repeat(16),
    route: `${route.method} ${route.path}`,
    authorizer: principalOf(relation),
    ...(BODIES[route.operationId] === undefined ? {} : { body: BODIES[route.operationId] }),
  });
  return `${response.status}${response.body.error?.reason === 'role_insufficient' ? ' role_insufficient' : ''}`;
}

const routes: readonly Route[] = ROUTES;
const ROUTES_OF_WORKBENCHES = routes.filter(({ action }) => action !== undefined);

test.each(RELATIONS)('every route of a workbench follows the table of rights for: %s', async (relation) => {
  const role = ACTING_ROLES.find((each) => each === relation);
  for (const route of ROUTES_OF_WORKBENCHES) {
    const { action, operationId } = route;
    if (action === undefined) throw new Error('a route without an action');
    // A deleted workbench is one that does not exist, except for those who may delete it.
    const isHidden = operationId === 'restoreWorkbench';
    const refused = role === undefined || isHidden ? '404' : '403 role_insufficient';
    const expected = mayDo(role, action) ? (operationId === 'reportActivity' ? '204' : '200') : refused;
    expect(`${operationId}: ${await send(route, relation)}`).toBe(`${operationId}: ${expected}`);
  }
});
