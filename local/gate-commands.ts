import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Timers } from '#adapters/local/timers.ts';
import { type OperationId, ROUTES } from '#contract/routes.ts';
import { toAuthorizerContext } from '#functions/authorizer/principal.ts';
import type { GatewayEvent } from '#functions/middleware/gateway.ts';
import type { CommandResult, WorkbenchCommands } from '#gate/ports.ts';
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
    workbenchId: string,
  ): Promise<CommandResult> => {
    const { method, path } = findRoute(operationId);
    const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
    if (route === undefined) throw new Error(`the API has no ${operationId}`);
    const event = eventOf(method, path, userId, workbenchId, timers.now());
    const invocation = await invoke(route.handler, event, timers);
    if (invocation.kind === 'failed') throw invocation.error;
    return invocation.kind === 'timed_out' ? { kind: 'unavailable' } : readResult(invocation.result);
  };
  return {
    start: (userId, workbenchId) => run('startWorkbench', userId, workbenchId),
    stop: (userId, workbenchId) => run('stopWorkbench', userId, workbenchId),
  };
}

function findRoute(operationId: OperationId): { readonly method: string; readonly path: string } {
  const route = ROUTES.find((candidate) => candidate.operationId === operationId);
  if (route === undefined) throw new Error(`there is no route ${operationId}`);
  return route;
}

function readResult(result: unknown): CommandResult {
  const { status, body } = toResponse(result);
  if (status === 200) return { kind: 'accepted' };
  const parsed = z.safeParse(errorSchema, JSON.parse(body.toString()));
  return { kind: 'refused', status, message: parsed.data?.error.message ?? 'The request was refused.' };
}

/** Returns the event that API Gateway would send for this request. */
function eventOf(
  method: string,
  path: string,
  userId: string,
  workbenchId: string,
  now: number,
): GatewayEvent {
  const routeKey = `${method} ${path}`;
  const rawPath = path.replace('{wid}', workbenchId);
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
    rawPath,
    rawQueryString: `user_id=${encodeURIComponent(userId)}`,
    headers: {},
    queryStringParameters: { user_id: userId },
    pathParameters: { wid: workbenchId },
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'gate',
      domainPrefix: 'gate',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'gate' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
      authorizer: { lambda: authorization },
    },
  };
}
