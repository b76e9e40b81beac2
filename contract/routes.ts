import * as z from 'zod/mini';
import type { ErrorCode } from '#core/errors.ts';
import { SHARES_MAX } from '#core/ports/share-store.ts';
import { DELETION_ROUTES } from './deletion-routes.ts';
import { OPERATOR_ROUTES } from './operator-routes.ts';
import { LIST_FILTERS, LOG_PARAMETERS, PARAMETERS } from './parameters.ts';
import { dryRunResponseSchema } from './quota-bodies.ts';
import {
  activityBodySchema,
  createBodySchema,
  extendBodySchema,
  openBodySchema,
  ownerBodySchema,
  updateBodySchema,
} from './request-bodies.ts';
import {
  healthResponseSchema,
  historyResponseSchema,
  itemResponseSchema,
  listResponseSchema,
  logsResponseSchema,
  meResponseSchema,
  openResponseSchema,
  successSchema,
} from './response-bodies.ts';
import { ROUTE_ACTIONS, type Route, type RouteResponse } from './route.ts';
import { shareBodySchema, shareResponseSchema, sharesResponseSchema } from './share-bodies.ts';
import { SHARE_LINK_ROUTES } from './share-link-routes.ts';
import { QUOTA_ROUTES, TEMPLATE_ROUTES, USAGE_ROUTES } from './user-routes.ts';

export type { Route, RouteResponse } from './route.ts';

const { user_id, wid, grantee, shared, deleted, limit, cursor, force, idempotencyKey, dry_run } = PARAMETERS;

const successResponse = (description: string): Route['responses'] => ({
  200: { description, schema: successSchema },
});
const itemResponse = (description: string): RouteResponse => ({
  description,
  schema: itemResponseSchema,
  headers: ['Retry-After'],
});

/**
 * Every route of the API. The local gateway, API Gateway and docs/api.yaml are created from this table. The row of
 * contract/deployed-functions.ts with the same `operationId` is its function. Paths follow RESTAPI_URL_PREFIX.
 */
export const ROUTES = [
  {
    method: 'GET',
    path: '/me',
    operationId: 'getMe',
    access: 'user',
    summary: 'Returns who the caller is, and what it may do.',
    description:
      'What the controller has found in the key or token of the request, never the token itself. With the `user_id` of another user it returns this user, without groups.',
    parameters: [user_id],
    responses: { 200: { description: 'The caller.', schema: meResponseSchema } },
    errors: ['invalid_request'],
  },
  {
    method: 'GET',
    path: '/workbenches',
    operationId: 'listWorkbenches',
    access: 'user',
    summary: 'Lists the workbenches of a user, newest first.',
    description:
      'Strongly consistent: a workbench is listed as soon as its creation was confirmed. With `deleted=true` it lists those that were deleted and can be restored. With `shared=true` it lists the workbenches of others that are shared with the user, with a `role` each: a new share may be missing for a second, and a page may have fewer items than `limit` although another one follows. So may every page of a list with `status`, `name`, `q` or `label`, also none at all: one request reads at most 500 workbenches (200 shared ones) to find those that match. Follow `next_cursor` with the same filters.',
    parameters: [user_id, shared, deleted, ...Object.values(LIST_FILTERS), limit, cursor],
    responses: { 200: { description: 'A page of workbenches.', schema: listResponseSchema } },
    errors: ['invalid_request'],
  },
  {
    method: 'POST',
    path: '/workbenches',
    operationId: 'createWorkbench',
    access: 'user',
    summary: 'Creates a workbench and starts it.',
    description:
      'Responds as soon as the request is stored. Poll the workbench until its status is `running`. A request without a body counts as an empty object. `template` and `size` fill in what the body does not set: a retry with the same Idempotency-Key returns the first workbench also after their settings have changed. With `dry_run=true` nothing is written, the Idempotency-Key is not used, and the response says what the workbench would cost, and hold and leave of the quota; what would be refused is refused.',
    parameters: [user_id, idempotencyKey, dry_run],
    body: createBodySchema,
    responses: {
      201: { ...itemResponse('The workbench is created.'), headers: ['Location', 'Retry-After'] },
      200: {
        description:
          'The workbench that the first request with this Idempotency-Key created. With `dry_run=true` what the workbench would cost and leave.',
        schema: z.union([itemResponseSchema, dryRunResponseSchema]),
        headers: ['Location', 'Retry-After'],
      },
    },
    errors: [
      'quota_exceeded',
      'draining',
      'invalid_request',
      'idempotency_conflict',
      'workbench_deleted',
      'payload_too_large',
      'unsupported_media_type',
      'cannot_fit',
    ],
  },
  {
    method: 'GET',
    path: '/workbenches/{wid}',
    operationId: 'getWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.getWorkbench,
    summary: 'Returns a workbench. Frontends poll this route.',
    parameters: [wid, user_id, deleted],
    responses: { 200: itemResponse('The workbench.') },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'PATCH',
    path: '/workbenches/{wid}',
    operationId: 'updateWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.updateWorkbench,
    summary:
      'Renames a workbench, replaces its labels, changes its limits, or resizes it while it is stopped.',
    parameters: [wid, user_id],
    body: updateBodySchema,
    responses: { 200: itemResponse('The changed workbench.') },
    errors: [
      'invalid_request',
      'workbench_not_found',
      'not_stopped',
      'deleting',
      'payload_too_large',
      'unsupported_media_type',
      'cannot_fit',
    ],
  },
  ...DELETION_ROUTES,
  {
    method: 'POST',
    path: '/workbenches/{wid}/start',
    operationId: 'startWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.startWorkbench,
    summary: 'Starts a workbench. Has no effect if it is running or starting.',
    description: 'A workbench that is stopping starts again after the stop. The body is ignored.',
    parameters: [wid, user_id],
    responses: successResponse('The desired state is `running`.'),
    errors: ['quota_exceeded', 'draining', 'invalid_request', 'workbench_not_found', 'deleting'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/stop',
    operationId: 'stopWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.stopWorkbench,
    summary: 'Stops a workbench. Has no effect if it is stopped or stopping.',
    description: 'Cancels a start. The body is ignored.',
    parameters: [wid, user_id, force],
    responses: successResponse('The desired state is `stopped`.'),
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/restart',
    operationId: 'restartWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.restartWorkbench,
    summary: 'Stops a workbench and starts it again. Starts a stopped workbench.',
    description: 'Concurrent requests restart it once. The body is ignored.',
    parameters: [wid, user_id],
    responses: successResponse('The workbench is being restarted.'),
    errors: ['quota_exceeded', 'draining', 'invalid_request', 'workbench_not_found', 'deleting'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/extend',
    operationId: 'extendWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.extendWorkbench,
    summary: 'Keeps a running workbench from being stopped for idleness for some time.',
    description:
      'Takes a warning back. The next idle stop, and a stop by the schedule, come `minutes` from now at the earliest. Other planned stops stay: see `stops_at`.',
    parameters: [wid, user_id],
    body: extendBodySchema,
    responses: { 200: itemResponse('The extended workbench.') },
    errors: [
      'invalid_request',
      'workbench_not_found',
      'not_running',
      'deleting',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/activity',
    operationId: 'reportActivity',
    access: 'user',
    action: ROUTE_ACTIONS.reportActivity,
    summary: 'Reports that a running workbench is used, so that it is not stopped for idleness.',
    description:
      'For programs that see what the gate does not, for example whether a kernel is busy. Report at most once a minute: of further reports within a minute only times are stored that are a minute later than the stored ones. Times in the past of earlier reports have no effect, times in the future count as now. The reports of a run do not count for the next one. Programs of the workbench send the token in `WB_ACTIVITY_TOKEN`, which is valid for this route and for their run, and need no `user_id`; after the run it is refused with 403.',
    parameters: [wid, user_id],
    body: activityBodySchema,
    responses: { 204: { description: 'The report is stored.' } },
    errors: [
      'invalid_request',
      'workbench_not_found',
      'not_running',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/open',
    operationId: 'openWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.openWorkbench,
    summary: 'Returns a URL that signs the browser of the user in to a workbench.',
    description:
      'The URL contains a ticket that works once, within 60 seconds; each request creates another one. Any status is accepted, and none is changed: the page shows that a workbench is stopped or starting. A page of an origin in RESTAPI_CORS_ORIGIN enters at once, by a link or by a form that sends `t` and `p` of the URL with POST to its path. For all other links the gate shows a page with the names of workbench, owner and user, and asks for a click. Where the gate asks for no sessions, the URL is the plain address. Starts are not counted, and tickets have no limit besides the throttle of the API.',
    parameters: [wid, user_id],
    body: openBodySchema,
    responses: { 200: { description: 'The URL.', schema: openResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found', 'payload_too_large', 'unsupported_media_type'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/owner',
    operationId: 'changeOwner',
    access: 'user',
    action: ROUTE_ACTIONS.changeOwner,
    summary: 'Offers a workbench to another user, or gives it to this user at once.',
    description:
      'The owner makes an offer, in any status, which the other user accepts within 7 days with `POST …/owner/accept`; another offer replaces it. An administrator, or a trusted backend with the static key, moves the workbench at once unless `offer` is `true`. A workbench moves only while it is `stopped`: its files, history and shares stay, and its earlier owner has no access from then on. A dedicated instance is terminated; the next start launches another one. The limits of the next owner apply, and the move counts as a start of this user.',
    parameters: [wid, user_id],
    body: ownerBodySchema,
    responses: { 200: itemResponse('The workbench, with its offer or its next owner.') },
    errors: [
      'quota_exceeded',
      'invalid_request',
      'workbench_not_found',
      'not_stopped',
      'deleting',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'DELETE',
    path: '/workbenches/{wid}/owner',
    operationId: 'withdrawOffer',
    access: 'user',
    summary: 'Ends the offer of a workbench to another user.',
    description:
      'For the owner, and for the user to whom the workbench is offered. Has no effect if the owner has made no offer.',
    parameters: [wid, user_id],
    responses: successResponse('There is no offer.'),
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/owner/accept',
    operationId: 'acceptOwner',
    access: 'user',
    summary: 'Accepts the offer of a workbench: the acting user is its owner from then on.',
    description:
      'Possible while the workbench is `stopped` and the offer has not expired. Repeated, it returns the workbench. The body is ignored.',
    parameters: [wid, user_id],
    responses: { 200: itemResponse('The workbench of its next owner.') },
    errors: ['quota_exceeded', 'invalid_request', 'workbench_not_found', 'not_stopped', 'deleting'],
  },
  {
    method: 'GET',
    path: '/workbenches/{wid}/history',
    operationId: 'listHistory',
    access: 'user',
    action: ROUTE_ACTIONS.listHistory,
    summary: 'Lists the last 100 history entries of a workbench, newest first.',
    parameters: [wid, user_id],
    responses: { 200: { description: 'The history.', schema: historyResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'GET',
    path: '/workbenches/{wid}/logs',
    operationId: 'listLogs',
    access: 'user',
    action: ROUTE_ACTIONS.listLogs,
    summary: 'Returns what the programs of a workbench have printed in its current or last run.',
    description:
      'Not for the role `use`: output may contain secrets. To follow the output, repeat the request with `next_cursor` every few seconds until `complete`; a page without items means that there is none at present. A line is returned once its line break was written or the run has ended, on AWS some seconds later. Local mode keeps the last 8 MB of a run. On AWS CloudWatch Logs keeps it for `logs.workbenchRetentionDays`. If lines after the cursor are no longer kept, the page begins with the oldest that is.',
    parameters: [wid, user_id, ...Object.values(LOG_PARAMETERS)],
    responses: { 200: { description: 'A page of output.', schema: logsResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'GET',
    path: '/workbenches/{wid}/shares',
    operationId: 'listShares',
    access: 'user',
    action: ROUTE_ACTIONS.listShares,
    summary: 'Lists with whom a workbench is shared, in which role and until when.',
    description: 'For the owner and administrators. Shares that have expired are left out.',
    parameters: [wid, user_id],
    responses: { 200: { description: 'The shares.', schema: sharesResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'PUT',
    path: '/workbenches/{wid}/shares/{grantee}',
    operationId: 'setShare',
    access: 'user',
    action: ROUTE_ACTIONS.setShare,
    summary: 'Shares a workbench with a user, a group or the organisation, or changes the share.',
    description: `For the owner and administrators. Replaces the share with the same grantee. A workbench has at most ${SHARES_MAX} shares; one more gets 429 with the reason \`share_limit\`. The controller does not know which users and groups exist.`,
    parameters: [wid, grantee, user_id],
    body: shareBodySchema,
    responses: { 200: { description: 'The share.', schema: shareResponseSchema } },
    errors: [
      'invalid_request',
      'workbench_not_found',
      'deleting',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'DELETE',
    path: '/workbenches/{wid}/shares/{grantee}',
    operationId: 'deleteShare',
    access: 'user',
    action: ROUTE_ACTIONS.deleteShare,
    summary: 'Takes a share back. Has no effect if there is none.',
    description:
      'For the owner and administrators. The next request of the grantee is refused, and open connections to the workbench end within 5 seconds. The body is ignored.',
    parameters: [wid, grantee, user_id],
    responses: successResponse('There is no such share any more.'),
    errors: ['invalid_request', 'workbench_not_found'],
  },
  ...SHARE_LINK_ROUTES,
  ...OPERATOR_ROUTES,
  ...QUOTA_ROUTES,
  ...TEMPLATE_ROUTES,
  ...USAGE_ROUTES,
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    access: 'public',
    summary: 'Checks that the controller can read its table. The result is reused for 5 seconds.',
    parameters: [],
    responses: { 200: { description: 'The controller can read its table.', schema: healthResponseSchema } },
    errors: [],
  },
] as const satisfies readonly Route[];

export type OperationId = (typeof ROUTES)[number]['operationId'];

/** Error codes of every route. */
export const COMMON_ERRORS: readonly ErrorCode[] = ['internal', 'unavailable'];
/** Error codes of every route that requires authorization. */
export const USER_ROUTE_ERRORS: readonly ErrorCode[] = ['forbidden', 'too_many_requests'];

/** What a page of an allowed origin may send and read. The local gateway and API Gateway use it. */
export const CORS = {
  allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
  allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposeHeaders: ['location', 'retry-after', 'x-request-id'],
  /** How long a browser may cache the response to a preflight request, in seconds. */
  maxAge: 300,
} as const satisfies {
  readonly allowHeaders: readonly string[];
  readonly allowMethods: readonly Route['method'][];
  readonly exposeHeaders: readonly string[];
  readonly maxAge: number;
};
