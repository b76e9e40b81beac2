import type * as z from 'zod/mini';
import type { Action } from '#core/access/rights.ts';
import type { ErrorCode } from '#core/errors.ts';
import type { Parameter } from './parameters.ts';
import type { Settings } from './settings/function-settings.ts';

/** A route of the API. contract/routes.ts lists them. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: `/${string}`;
  readonly operationId: string;
  /**
   * `user`: requires authorization, and acts for a user. `admin`: requires authorization and the admin scope.
   * `public`: requires no authorization.
   */
  readonly access: 'public' | 'user' | 'admin';
  /** The right that a route of one workbench needs (core/access/rights.ts). Every path with `{wid}` has one. */
  readonly action?: Action;
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  /** Schema of the JSON body. A route without one ignores the body. */
  readonly body?: (settings: Settings) => z.ZodMiniType;
  /** The successful responses, by status. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** The error codes of this route, besides COMMON_ERRORS and USER_ROUTE_ERRORS. */
  readonly errors: readonly ErrorCode[];
}

export interface RouteResponse {
  readonly description: string;
  /** Absent without a body: 204. */
  readonly schema?: z.ZodMiniType;
  readonly headers?: readonly ('Location' | 'Retry-After')[];
  /** The media type of the response as text, which the client may ask for instead of JSON. */
  readonly textType?: string;
}

/**
 * The right that each route of a workbench needs, in the table of core/access/rights.ts. contract/routes.ts takes it from
 * here. It is part of the bundle of each function, so it contains only data.
 */
export const ROUTE_ACTIONS = {
  getWorkbench: 'view',
  updateWorkbench: 'update',
  deleteWorkbench: 'delete',
  restoreWorkbench: 'delete',
  startWorkbench: 'start',
  stopWorkbench: 'stop',
  restartWorkbench: 'restart',
  extendWorkbench: 'extend',
  reportActivity: 'extend',
  openWorkbench: 'open',
  listHistory: 'view_history',
  listLogs: 'view_logs',
  listShares: 'share',
  setShare: 'share',
  deleteShare: 'share',
  listShareLinks: 'share',
  createShareLink: 'share',
  deleteShareLink: 'share',
  changeOwner: 'move',
} as const satisfies Readonly<Record<string, Action>>;

/** A route of one workbench. */
export type WorkbenchOperation = keyof typeof ROUTE_ACTIONS;

const HTTP_STATUS_CODES: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  forbidden: 403,
  quota_exceeded: 403,
  workbench_not_found: 404,
  machine_not_found: 404,
  link_not_found: 404,
  draining: 409,
  not_stopped: 409,
  not_running: 409,
  not_deleted: 409,
  deleting: 409,
  idempotency_conflict: 409,
  workbench_deleted: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  cannot_fit: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
};

/** The HTTP status of a response with this error code. */
export function httpStatusOf(code: ErrorCode): number {
  return HTTP_STATUS_CODES[code];
}
