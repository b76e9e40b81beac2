import type * as z from 'zod/mini';
import type { ErrorCode } from '#core/errors.ts';
import { PARAMETERS, type Parameter } from './parameters.ts';
import { createBodySchema, updateBodySchema } from './request-bodies.ts';
import {
  healthResponseSchema,
  historyResponseSchema,
  itemResponseSchema,
  listResponseSchema,
  reportsResponseSchema,
  successSchema,
} from './response-bodies.ts';
import type { Settings } from './settings/function-settings.ts';

/**
 * Every route of the API, once: the local front, API Gateway and docs/api.yaml are made from this table.
 * Paths come after RESTAPI_URL_PREFIX.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: `/${string}`;
  readonly operationId: string;
  /** The function behind it: a file under functions/ that exports `build`. */
  readonly function: `api/${string}.ts`;
  /**
   * `user`: the authorizer is asked, and the request acts for a user. `admin`: the authorizer is asked, and the
   * caller must hold the admin scope. `public`: anybody.
   */
  readonly access: 'public' | 'user' | 'admin';
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  /** The JSON body; without it a body is not looked at. */
  readonly body?: (settings: Settings) => z.ZodMiniType;
  /** By status: the answer when all goes well. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** The codes that it can answer with, besides those that every route can. */
  readonly errors: readonly ErrorCode[];
}

export interface RouteResponse {
  readonly description: string;
  readonly schema: z.ZodMiniType;
  readonly headers?: readonly ('Location' | 'Retry-After')[];
}

const { user_id, wid, limit, cursor, force, idempotencyKey } = PARAMETERS;

const successResponse = (description: string): Route['responses'] => ({
  200: { description, schema: successSchema },
});
const itemResponse = (description: string): RouteResponse => ({
  description,
  schema: itemResponseSchema,
  headers: ['Retry-After'],
});

export const ROUTES = [
  {
    method: 'GET',
    path: '/workbenches',
    operationId: 'listWorkbenches',
    function: 'api/list-workbenches.ts',
    access: 'user',
    summary: "A user's workbenches, newest first.",
    description: 'Strongly consistent: what was created is listed.',
    parameters: [user_id, limit, cursor],
    responses: { 200: { description: 'A page of them.', schema: listResponseSchema } },
    errors: ['invalid_request'],
  },
  {
    method: 'POST',
    path: '/workbenches',
    operationId: 'createWorkbench',
    function: 'api/create-workbench.ts',
    access: 'user',
    summary: 'Creates a workbench and starts it.',
    description:
      'Answers as soon as it is decided; poll the workbench until its status is `running`. No body at all is an empty object.',
    parameters: [user_id, idempotencyKey],
    body: createBodySchema,
    responses: {
      201: { ...itemResponse('It is created.'), headers: ['Location', 'Retry-After'] },
      200: {
        ...itemResponse('The workbench that the first request with this Idempotency-Key created.'),
        headers: ['Location', 'Retry-After'],
      },
    },
    errors: [
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
    function: 'api/get-workbench.ts',
    access: 'user',
    summary: 'A workbench: what frontends poll.',
    parameters: [wid, user_id],
    responses: { 200: itemResponse('The workbench.') },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'PATCH',
    path: '/workbenches/{wid}',
    operationId: 'updateWorkbench',
    function: 'api/update-workbench.ts',
    access: 'user',
    summary: 'Renames a workbench at any time; resizes it while it is stopped.',
    parameters: [wid, user_id],
    body: updateBodySchema,
    responses: { 200: itemResponse('The workbench as it is now.') },
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
  {
    method: 'DELETE',
    path: '/workbenches/{wid}',
    operationId: 'deleteWorkbench',
    function: 'api/delete-workbench.ts',
    access: 'user',
    summary: 'Destroys a workbench and all its files.',
    description:
      'Cannot be taken back. Its status is `deleting` until task, machine and files are gone; then it answers 404.',
    parameters: [wid, user_id],
    responses: successResponse('It is being destroyed.'),
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/start',
    operationId: 'startWorkbench',
    function: 'api/start-workbench.ts',
    access: 'user',
    summary: 'Starts a workbench; nothing changes when it runs already.',
    description:
      'While it stops, the start is taken and begins when the stop is done. A body is not looked at.',
    parameters: [wid, user_id],
    responses: successResponse('It is wanted running.'),
    errors: ['invalid_request', 'workbench_not_found', 'deleting'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/stop',
    operationId: 'stopWorkbench',
    function: 'api/stop-workbench.ts',
    access: 'user',
    summary: 'Stops a workbench; nothing changes when it is stopped already.',
    description: 'While it starts, the start is cancelled. A body is not looked at.',
    parameters: [wid, user_id, force],
    responses: successResponse('It is wanted stopped.'),
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/restart',
    operationId: 'restartWorkbench',
    function: 'api/restart-workbench.ts',
    access: 'user',
    summary: 'Stops a workbench and starts it again; starts one that is stopped.',
    description: 'Asked twice at once it restarts once. A body is not looked at.',
    parameters: [wid, user_id],
    responses: successResponse('It is being restarted.'),
    errors: ['invalid_request', 'workbench_not_found', 'deleting'],
  },
  {
    method: 'GET',
    path: '/workbenches/{wid}/history',
    operationId: 'listHistory',
    function: 'api/list-history.ts',
    access: 'user',
    summary: 'What happened to a workbench, newest first; the last 100.',
    parameters: [wid, user_id],
    responses: { 200: { description: 'Its history.', schema: historyResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'GET',
    path: '/reports/reconcile',
    operationId: 'listReports',
    function: 'api/list-reports.ts',
    access: 'admin',
    summary: 'What the last runs of the reconciler looked at, repaired, deleted and left waiting, and why.',
    description: 'For operators: needs the admin scope. Newest first, at most 50.',
    parameters: [],
    responses: { 200: { description: 'The reports.', schema: reportsResponseSchema } },
    errors: ['forbidden'],
  },
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    function: 'api/get-health.ts',
    access: 'public',
    summary: 'Whether the controller and its table answer. Kept for 5 s.',
    parameters: [],
    responses: { 200: { description: 'They do.', schema: healthResponseSchema } },
    errors: [],
  },
] as const satisfies readonly Route[];

export type OperationId = (typeof ROUTES)[number]['operationId'];

/** The errors that every route can answer with, and, second, every one that acts for a user. */
export const COMMON_ERRORS: readonly ErrorCode[] = ['internal', 'unavailable'];
export const USER_ROUTE_ERRORS: readonly ErrorCode[] = ['forbidden', 'too_many_requests'];

/** What a page of an allowed origin may send and read, once, for the local front and API Gateway. */
export const CORS = {
  allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
  allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
  exposeHeaders: ['location', 'retry-after', 'x-request-id'],
  /** How long a browser may keep a preflight's answer, in seconds. */
  maxAge: 300,
} as const satisfies {
  readonly allowHeaders: readonly string[];
  readonly allowMethods: readonly Route['method'][];
  readonly exposeHeaders: readonly string[];
  readonly maxAge: number;
};
