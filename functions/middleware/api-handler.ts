import middy from '@middy/core';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { assertAdmin } from '#core/access/principal.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { ApiHandler, ApiResponse, EndpointResult, GatewayEvent } from './gateway.ts';
import {
  type ParsedValues,
  type Parsers,
  parsePrincipal,
  parseUserRequest,
  type UserRequest,
} from './parse-request.ts';
import { errorResponses, responseHeaders } from './responses.ts';

export interface ApiPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What every function reads that requires authorization. */
export type ApiSettings = SettingsFor<'RESTAPI_AUTH' | 'RESTAPI_ADMIN_SCOPE'>;

/** A function responds with 503 this long before Lambda would terminate it, in milliseconds. */
const RESPOND_BEFORE_TIMEOUT_MS = 500;

/** An endpoint without authorization. Adds the common headers, and turns errors into the contract's error body. */
export function toApiHandler(
  { telemetry }: Pick<ApiPorts, 'telemetry'>,
  endpoint: (event: GatewayEvent) => Promise<EndpointResult>,
): ApiHandler {
  const handler = middy<GatewayEvent, ApiResponse>({
    timeoutEarlyInMillis: RESPOND_BEFORE_TIMEOUT_MS,
    timeoutEarlyResponse: () => {
      throw new WorkbenchError('unavailable', 'The request took too long. Try again.', { reason: 'timeout' });
    },
  })
    .use(responseHeaders())
    .use(errorResponses(telemetry))
    .handler(async (event: GatewayEvent): Promise<ApiResponse> => {
      const { status, body, headers } = await endpoint(event);
      return { statusCode: status, headers: { ...headers }, body: JSON.stringify(body) };
    });
  return async (event, context) => handler(event, context);
}

/**
 * An endpoint that acts for a user.
 * @param parsers the values that the endpoint needs besides the user; it is called only if all of them are valid
 */
export function toUserApiHandler<P extends Parsers>(
  ports: ApiPorts,
  settings: ApiSettings,
  parsers: P,
  endpoint: (request: UserRequest & ParsedValues<P>) => Promise<EndpointResult>,
): ApiHandler {
  return toApiHandler(ports, async (event) =>
    endpoint(await parseUserRequest(event, ports.clock.now(), settings, parsers)),
  );
}

/** An endpoint for operators. */
export function toAdminApiHandler(
  ports: ApiPorts,
  settings: ApiSettings,
  endpoint: () => Promise<EndpointResult>,
): ApiHandler {
  return toApiHandler(ports, async (event) => {
    const principal = parsePrincipal(event, settings);
    assertAdmin(principal, { now: ports.clock.now(), adminScope: settings.RESTAPI_ADMIN_SCOPE });
    return endpoint();
  });
}
