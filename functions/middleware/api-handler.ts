import middy from '@middy/core';
import { ROUTE_ACTIONS, type WorkbenchOperation } from '#contract/route.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type AccessRules, actingUserOf, actorIn } from '#core/access/acting-user.ts';
import { type Access, type AccessPorts, authorizeAction } from '#core/access/find-access.ts';
import { assertAdmin, type Principal } from '#core/access/principal.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import {
  type ApiHandler,
  type ApiResponse,
  type EndpointResult,
  type GatewayEvent,
  requestIdOf,
} from './gateway.ts';
import {
  type ParsedValues,
  type Parsers,
  parsePrincipal,
  parseUserRequest,
  parseWorkbenchId,
  type UserRequest,
} from './parse-request.ts';
import { type AuditPorts, RequestAudit } from './request-audit.ts';
import { errorResponses, responseHeaders } from './responses.ts';

/** The ports of every function that requires authorization. */
export type ApiPorts = AuditPorts;

/** What every function reads that requires authorization. */
export type ApiSettings = SettingsFor<'RESTAPI_AUTH' | 'RESTAPI_ADMIN_SCOPE'>;

/** What an endpoint adds to the audit of its request. A change of rights must call `recordChange` before its effect. */
export interface AuditedRequest {
  readonly audit: Pick<
    RequestAudit,
    'note' | 'noteDryRun' | 'noteHidden' | 'noteHiddenOf' | 'recordChange' | 'assertInTime'
  >;
}

/** A function responds with 503 this long before Lambda would terminate it, in milliseconds. */
const RESPOND_BEFORE_TIMEOUT_MS = 500;

/** An endpoint without authorization. Adds the common headers, and turns errors into the contract's error body. */
export function toApiHandler(
  { telemetry }: { readonly telemetry: Telemetry },
  endpoint: (event: GatewayEvent, requestId: string) => Promise<EndpointResult>,
): ApiHandler {
  const handler = middy<GatewayEvent, ApiResponse>({
    timeoutEarlyInMillis: RESPOND_BEFORE_TIMEOUT_MS,
    timeoutEarlyResponse: () => {
      throw new WorkbenchError('unavailable', 'The request took too long. Try again.', { reason: 'timeout' });
    },
  })
    .use(responseHeaders())
    .use(errorResponses(telemetry))
    .handler(async (event: GatewayEvent, context): Promise<ApiResponse> => {
      const { status, body, text, headers } = await endpoint(event, requestIdOf(event, context));
      const content = status === 204 ? '' : (text ?? JSON.stringify(body));
      return { statusCode: status, headers: { ...headers }, body: content };
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
  endpoint: (request: AuditedRequest & UserRequest & ParsedValues<P>) => Promise<EndpointResult>,
): ApiHandler {
  return toAuditedHandler(ports, settings, true, async (event, audit) => {
    const request = await parseUserRequest(event, ports.clock.now(), settings, parsers);
    audit.noteActingUser(request.userId);
    return endpoint({ ...request, audit });
  });
}

/** What every function reads that serves a route of one workbench. */
export type WorkbenchApiSettings = ApiSettings & SettingsFor<'WB_ORGANISATION_SHARES'>;

/** The rules by which the rights of an acting user are found. */
export function accessRulesOf(settings: WorkbenchApiSettings): AccessRules {
  return {
    adminScope: settings.RESTAPI_ADMIN_SCOPE,
    organisationShares: settings.WB_ORGANISATION_SHARES === 'true',
  };
}

export type WorkbenchApiPorts = ApiPorts & AccessPorts;

/** A request for one workbench on which the acting user has the right of the route. */
export interface AuthorizedRequest extends AuditedRequest, UserRequest, Access {
  readonly workbenchId: string;
}

/**
 * An endpoint of one workbench. Its function never decides about rights: it is called only if the acting user may do at
 * this workbench what the route does.
 * @param operation the operation of the route; contract/route.ts has its right
 * @param parsers the values that the endpoint needs besides the user and the workbench
 * @param findsDeleted whether the owner and administrators can use it for a deleted workbench
 */
export function toWorkbenchApiHandler<P extends Parsers>(
  operation: WorkbenchOperation,
  ports: WorkbenchApiPorts,
  settings: WorkbenchApiSettings,
  parsers: P,
  endpoint: (request: AuthorizedRequest & ParsedValues<P>) => Promise<EndpointResult>,
  findsDeleted: (values: ParsedValues<P>) => boolean = () => false,
): ApiHandler {
  const rules = accessRulesOf(settings);
  const allParsers = { workbenchId: parseWorkbenchId, ...parsers };
  return toUserApiHandler(ports, settings, allParsers, async (parsed) => {
    // The compiler does not resolve the values of parsers that a type parameter names.
    const request = parsed as AuditedRequest &
      UserRequest &
      ParsedValues<P> & { readonly workbenchId: string };
    const { principal, userId, workbenchId, audit } = request;
    const user = actingUserOf(principal, userId, rules);
    const access = await authorizeAction(ports, user, workbenchId, {
      action: ROUTE_ACTIONS[operation],
      withDeleted: findsDeleted(request),
      onFound: (ownerId) => audit.note({ ownerId }),
      onHidden: () => audit.noteHidden('no_role'),
    });
    // What was read before a freeze may have been changed since. A command has a deadline of its own from here on.
    audit.assertInTime();
    return endpoint({ ...request, ...access, by: actorIn(access.role, principal, userId) });
  });
}

/** An endpoint for operators. */
export function toAdminApiHandler(
  ports: ApiPorts,
  settings: ApiSettings,
  endpoint: (
    request: AuditedRequest & { readonly event: GatewayEvent; readonly principal: Principal },
  ) => Promise<EndpointResult>,
): ApiHandler {
  return toAuditedHandler(ports, settings, false, async (event, audit) => {
    const principal = parsePrincipal(event, settings);
    assertAdmin(principal, { now: ports.clock.now(), adminScope: settings.RESTAPI_ADMIN_SCOPE });
    return endpoint({ event, principal, audit });
  });
}

/** Records the request in the audit, before the response is created. */
function toAuditedHandler(
  ports: ApiPorts,
  settings: ApiSettings,
  isForUser: boolean,
  endpoint: (event: GatewayEvent, audit: RequestAudit) => Promise<EndpointResult>,
): ApiHandler {
  return toApiHandler(ports, async (event, requestId) => {
    const isOpen = settings.RESTAPI_AUTH === 'none';
    const audit = new RequestAudit(ports, event, requestId, { isOpen, isForUser });
    let result: EndpointResult;
    try {
      result = await endpoint(event, audit);
    } catch (error) {
      await audit.recordError(error);
      throw error;
    }
    await audit.recordSuccess();
    return result;
  });
}
