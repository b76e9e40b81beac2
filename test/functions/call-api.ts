import type { Context } from 'aws-lambda';
import type { Settings } from '#contract/settings/function-settings.ts';
import { readSettings } from '#contract/settings/read-settings.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { AuthorizerContext } from '#functions/authorizer/principal.ts';
import type { ApiHandler, GatewayEvent } from '#functions/middleware/gateway.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const settingsByEnv = new Map<string, Settings>();

/**
 * Settings with a static key, and the given ones. Tests with the same ones share them: creating the schemas of the settings
 * and of the requests, which belong to their settings, takes longer than most tests.
 */
export function settingsWith(env: Readonly<Record<string, string>> = {}): Settings {
  const key = JSON.stringify(env);
  const settings =
    settingsByEnv.get(key) ??
    Object.freeze(
      readSettings({
        RESTAPI_AUTH_STATIC_KEY: 'a-static-key-for-tests',
        BASE_URL: 'https://wb.example.com',
        ...env,
      }),
    );
  settingsByEnv.set(key, settings);
  return settings;
}

/** A memory world whose ids are valid in the API. */
export function worldWithIds(policy: Partial<Policy> = {}) {
  const world = new MemoryWorld({ policy });
  let last = 0;
  const ids = {
    workbenchId: (now: number) => {
      last += 1;
      return `${Math.floor(now / 1000)}w${String(last).padStart(15, '0')}`;
    },
    runId: world.ids.runId,
  };
  return { world, ports: { ...world.ports, ids } };
}

export interface Call {
  /** Method and path of the route. @default one that the audit does not know */
  readonly route?: string;
  readonly query?: string;
  readonly wid?: string;
  /** The grantee in the path. */
  readonly grantee?: string;
  /** The id of a link in the path. */
  readonly linkId?: string;
  readonly machineId?: string;
  /** The scope of a quota in the path. */
  readonly scope?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, with its content type; a string is sent unchanged. */
  readonly body?: unknown;
  readonly base64?: boolean;
  /** @default the same for all requests */
  readonly requestId?: string;
  /** The context of the authorizer. @default that of the static key */
  readonly authorizer?: AuthorizerContext | undefined;
}

export const STATIC_KEY: AuthorizerContext = { kind: 'static_key' };

export function tokenOf(
  subject: string | undefined,
  more: Readonly<Record<string, string>> = {},
): AuthorizerContext {
  return {
    kind: 'token',
    scopes: '',
    service: 'false',
    expires_at: '253402300799',
    ...(subject === undefined ? {} : { subject }),
    ...more,
  };
}

export function gatewayEvent(call: Call): GatewayEvent {
  const text = typeof call.body === 'object' ? JSON.stringify(call.body) : (call.body as string | undefined);
  const json = typeof call.body === 'object' ? { 'content-type': 'application/json' } : {};
  const authorizer = 'authorizer' in call ? call.authorizer : STATIC_KEY;
  return {
    version: '2.0',
    routeKey: call.route ?? '$default',
    rawPath: '/',
    rawQueryString: call.query ?? '',
    headers: { ...json, ...call.headers },
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: call.requestId ?? 'request-1',
      routeKey: call.route ?? '$default',
      stage: '$default',
      time: '01/Jan/2030:00:00:00 +0000',
      timeEpoch: 0,
      ...(authorizer === undefined ? {} : { authorizer: { lambda: authorizer } }),
    },
    isBase64Encoded: call.base64 ?? false,
    ...(text === undefined ? {} : { body: text }),
    ...(call.wid === undefined && call.machineId === undefined && call.scope === undefined
      ? {}
      : {
          pathParameters: {
            ...(call.wid === undefined ? {} : { wid: call.wid }),
            ...(call.scope === undefined ? {} : { scope: call.scope }),
            ...(call.machineId === undefined ? {} : { machine_id: call.machineId }),
            ...(call.grantee === undefined ? {} : { grantee: call.grantee }),
            ...(call.linkId === undefined ? {} : { link_id: call.linkId }),
          },
        }),
  };
}

export interface CallResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read responses of every shape
  readonly body: any;
}

export async function call(handler: ApiHandler, request: Call = {}): Promise<CallResult> {
  const { statusCode, headers, body } = await handler(gatewayEvent(request), {} as Context);
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  return { status: statusCode, headers, body: isJson ? JSON.parse(body) : body };
}
