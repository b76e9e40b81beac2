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
