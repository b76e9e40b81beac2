import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Timers } from '#adapters/local/timers.ts';
import { type OperationId, ROUTES } from '#contract/routes.ts';
import { foundLinkResponseSchema } from '#contract/share-link-bodies.ts';
import { toAuthorizerContext } from '#functions/authorizer/principal.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import type { CommandResult, FailedCommand, LinkResult, WorkbenchCommands } from '#gate/ports.ts';
import type { GatewayRoute } from './gateway/gateway.ts';
import { toResponse } from './gateway/gateway-response.ts';
import { invoke } from './gateway/invocation.ts';

/** The name of the gate in the history, if a request has no user. */
const CLIENT_ID = 'gate';

/** How long the authorization of a command is valid, seconds. It is used at once. */
const AUTHORIZATION_SECONDS = 60;

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * The commands of the gate's pages. Each is a request of the API in the name of the user: the handlers check it and
 * apply their limits as for requests that the user sends.
 */
export function apiCommands(routes: readonly GatewayRoute[], timers: Timers): WorkbenchCommands {
  const run = async (
    operationId: OperationId,
    userId: string,
    parts: Pick<GatewayEvent, 'pathParameters' | 'body'>,
  ): Promise<ApiBody | FailedCommand> => {
    const { method, path } = findRoute(operationId);
    const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
    if (route === undefined) throw new Error(`the API has no ${operationId}`);
    const event = { ...eventOf(method, path, userId, timers.now()), ...parts };
    const invocation = await invoke(route.handler, event, timers);
    if (invocation.kind === 'failed') throw invocation.error;
    return invocation.kind === 'timed_out' ? { kind: 'unavailable' } : readResult(invocation.result);
  };
  const command = async (operationId: OperationId, userId: string, wid: string): Promise<CommandResult> => {
    const result = await run(operationId, userId, { pathParameters: { wid } });
    return result.kind === 'responded' ? { kind: 'accepted' } : result;
  };
  const sendCode = async (operationId: OperationId, userId: string, code: string): Promise<LinkResult> => {
    const result = await run(operationId, userId, { body: JSON.stringify({ code }) });
    if (result.kind !== 'responded') return result;
    return { kind: 'found', link: foundLinkResponseSchema.parse(result.body).item };
  };
  return {
    start: (userId, workbenchId) => command('startWorkbench', userId, workbenchId),
    stop: (userId, workbenchId) => command('stopWorkbench', userId, workbenchId),
    previewLink: (userId, code) => sendCode('previewShareLink', userId, code),
    redeemLink: (userId, code) => sendCode('redeemShareLink', userId, code),
  };
}

function findRoute(operationId: OperationId): { readonly method: string; readonly path: string } {
  const route = ROUTES.find((candidate) => candidate.operationId === operationId);
  if (route === undefined) throw new Error(`there is no route ${operationId}`);
  return route;
}

interface ApiBody {
  readonly kind: 'responded';
  readonly body: unknown;
}

function readResult(result: unknown): ApiBody | FailedCommand {
  const { status, body } = toResponse(result);
  if (status === 200) return { kind: 'responded', body: JSON.parse(body.toString()) };
  const parsed = z.safeParse(errorSchema, JSON.parse(body.toString()));
  return { kind: 'refused', status, message: parsed.data?.error.message ?? 'The request was refused.' };
}

/** Returns the event that API Gateway would send for this request. */
function eventOf(method: string, path: string, userId: string, now: number): GatewayEvent {
  const routeKey = `${method} ${path}`;
  const authorization = toAuthorizerContext({
    kind: 'token',
    subject: userId,
    scopes: [],
    clientId: CLIENT_ID,
    service: false,
    expiresAt: Math.floor(now / 1000) + AUTHORIZATION_SECONDS,
  });
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: `user_id=${encodeURIComponent(userId)}`,
    headers: { 'content-type': 'application/json' },
    queryStringParameters: { user_id: userId },
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'gate',
      domainPrefix: 'gate',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'gate' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
      authorizer: { lambda: authorization },
    },
  };
}
