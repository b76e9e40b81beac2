import type { AuditedRoute } from '#core/audit/audited-acts.ts';
import type { ROUTES } from './routes.ts';

type KeyOf<R> = R extends { readonly method: infer M extends string; readonly path: infer P extends string }
  ? `${M} ${P}`
  : never;
/** Method and path of a route, without RESTAPI_URL_PREFIX. */
export type RouteKey = KeyOf<(typeof ROUTES)[number]>;

/**
 * What the audit calls each route, and when it records a request: see `isRecorded`. The table is part of every bundle of the API, so
 * it imports only types.
 */
const AUDITED_ROUTES: Readonly<Record<RouteKey, AuditedRoute | 'public'>> = {
  'GET /me': { action: 'read_caller', kind: 'read' },
  'GET /workbenches': { action: 'list_workbenches', kind: 'read' },
  'POST /workbenches': { action: 'create_workbench', kind: 'act' },
  'GET /workbenches/{wid}': { action: 'read_workbench', kind: 'read' },
  'PATCH /workbenches/{wid}': { action: 'update_workbench', kind: 'act' },
  'DELETE /workbenches/{wid}': { action: 'delete_workbench', kind: 'act' },
  'POST /workbenches/{wid}/restore': { action: 'restore_workbench', kind: 'act' },
  'POST /workbenches/{wid}/start': { action: 'start_workbench', kind: 'act' },
  'POST /workbenches/{wid}/stop': { action: 'stop_workbench', kind: 'act' },
  'POST /workbenches/{wid}/restart': { action: 'restart_workbench', kind: 'act' },
  'POST /workbenches/{wid}/extend': { action: 'extend_workbench', kind: 'act' },
  'POST /workbenches/{wid}/activity': { action: 'report_activity', kind: 'report' },
  'POST /workbenches/{wid}/open': { action: 'open_workbench', kind: 'opening' },
  'POST /workbenches/{wid}/owner': { action: 'change_owner', kind: 'rights' },
  'DELETE /workbenches/{wid}/owner': { action: 'withdraw_owner_offer', kind: 'rights' },
  'POST /workbenches/{wid}/owner/accept': { action: 'accept_owner', kind: 'rights' },
  'GET /workbenches/{wid}/history': { action: 'read_history', kind: 'read' },
  'GET /workbenches/{wid}/logs': { action: 'read_logs', kind: 'read' },
  'GET /workbenches/{wid}/shares': { action: 'list_shares', kind: 'read' },
  'PUT /workbenches/{wid}/shares/{grantee}': { action: 'set_share', kind: 'rights' },
  'DELETE /workbenches/{wid}/shares/{grantee}': { action: 'delete_share', kind: 'rights' },
  'GET /workbenches/{wid}/share-links': { action: 'list_links', kind: 'read' },
  'POST /workbenches/{wid}/share-links': { action: 'create_link', kind: 'rights' },
  'DELETE /workbenches/{wid}/share-links/{link_id}': { action: 'delete_link', kind: 'rights' },
  'POST /share-links/preview': { action: 'read_link', kind: 'read' },
  'POST /share-links/redeem': { action: 'redeem_link', kind: 'rights' },
  'GET /reports/reconcile': { action: 'read_reports', kind: 'read' },
  'POST /sweeps': { action: 'start_sweep', kind: 'act' },
  'GET /machines': { action: 'list_machines', kind: 'read' },
  'POST /machines/{machine_id}/drain': { action: 'drain_machine', kind: 'act' },
  'DELETE /machines/{machine_id}/drain': { action: 'cancel_drain', kind: 'act' },
  'GET /providers': { action: 'list_providers', kind: 'read' },
  'GET /usage': { action: 'read_usage', kind: 'read' },
  'GET /templates': { action: 'list_templates', kind: 'read' },
  'GET /start-times': { action: 'read_start_times', kind: 'read' },
  'GET /quotas': { action: 'read_quota', kind: 'read' },
  'GET /quotas/{scope}': { action: 'read_quota_scope', kind: 'read' },
  'PUT /quotas/{scope}': { action: 'set_quota', kind: 'rights' },
  'GET /audit': { action: 'read_audit', kind: 'read' },
  'GET /health': 'public',
};

/**
 * Returns what the audit calls the route of a request; undefined for a key that is no route's.
 * @param routeKey as the gateway sends it: method and path, with RESTAPI_URL_PREFIX
 */
export function findAuditedRoute(routeKey: string): AuditedRoute | undefined {
  const [method, path = ''] = routeKey.split(' ');
  return ENTRIES.find((entry) => method === entry.method && endsWithPath(path, entry.path))?.route;
}

const ENTRIES = Object.entries(AUDITED_ROUTES).flatMap(([key, route]) => {
  const [method, path = ''] = key.split(' ');
  return route === 'public' ? [] : [{ method, path, route }];
});

/** A prefix contains no parameter: `/workbenches/{wid}/x` is not the path `/x` below a prefix. */
function endsWithPath(path: string, ownPath: string): boolean {
  return path.endsWith(ownPath) && !path.slice(0, -ownPath.length).includes('{');
}
