import middy, { type MiddyfiedHandler } from '@middy/core';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { assertAdmin } from '#core/access/principal.ts';
import { invalidRequest, WorkbenchError } from '#core/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { ApiEvent, ApiHandler, ApiResponse, EndpointResult } from './gateway.ts';
import { actingUser, principal, requestId } from './request.ts';
import { errorResponses, responseHeaders } from './responses.ts';

export interface ApiPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What every function that acts for a user reads. */
export type ApiSettings = SettingsFor<'RESTAPI_AUTH' | 'RESTAPI_ADMIN_SCOPE'>;

/** So long before Lambda ends the function it answers 503 by itself, in milliseconds. */
const RESPOND_BEFORE_TIMEOUT_MS = 500;

/** The frame of every endpoint: the request's id, the headers of answers, and errors as the contract has them. */
export function publicApi(ports: Pick<ApiPorts, 'telemetry'>) {
  return middy<ApiEvent, ApiResponse>({
    timeoutEarlyInMillis: RESPOND_BEFORE_TIMEOUT_MS,
    timeoutEarlyResponse: () => {
      throw new WorkbenchError('unavailable', 'The answer took too long. Try again.', { reason: 'timeout' });
    },
  })
    .use(requestId())
    .use(responseHeaders())
    .use(errorResponses(ports.telemetry));
}

/** The frame of the endpoints that act for a user. */
export function userApi(ports: ApiPorts, settings: ApiSettings) {
  return publicApi(ports).use(principal(settings)).use(actingUser(ports, settings));
}

/** The frame of the endpoints for operators. */
export function adminApi(ports: ApiPorts, settings: ApiSettings) {
  return publicApi(ports)
    .use(principal(settings))
    .use({
      before: ({ event }) =>
        assertAdmin(event.principal, { now: ports.clock.now(), adminScope: settings.RESTAPI_ADMIN_SCOPE }),
    });
}

/**
 * Puts the endpoint into its frame. It is asked only when nothing that the middlewares have read is wrong;
 * otherwise all of it is refused at once.
 */
export function toApiHandler<E extends ApiEvent>(
  frame: MiddyfiedHandler<E, ApiResponse>,
  endpoint: (event: E) => Promise<EndpointResult>,
): ApiHandler {
  const handler = frame.handler(async (event: E): Promise<ApiResponse> => {
    if (event.invalidFields.size > 0) throw invalidRequest(Object.fromEntries(event.invalidFields));
    const { status, body, headers } = await endpoint(event);
    return { statusCode: status, headers: { ...headers }, body: JSON.stringify(body) };
  });
  return async (event, context) => handler({ ...event } as E, context);
}
