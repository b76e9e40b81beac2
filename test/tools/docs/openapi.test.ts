import { describe, expect, it } from 'vitest';
import { errorResponseSchema, gatewayErrorSchema } from '#contract/response-bodies.ts';
import { ROUTES, type Route } from '#contract/routes.ts';
import { readSettings } from '#contract/settings/read-settings.ts';
import { openApi } from '#tools/docs/openapi.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is JSON of many shapes
const document = openApi('1.2.3') as any;
const routes: readonly Route[] = ROUTES;
const settings = readSettings({ RESTAPI_AUTH: 'none', BASE_URL: 'https://cloud.example.com' });

function resolve(ref: string): unknown {
  const path = ref.slice(2).split('/');
  return path.reduce((value: Record<string, unknown> | undefined, key) => value?.[key] as never, document);
}

function* refs(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref') yield String(inner);
    else yield* refs(inner);
  }
}

describe('the OpenAPI document', () => {
  it('has every route with its parameters', () => {
    for (const route of routes) {
      const operation = document.paths[route.path][route.method.toLowerCase()];
      expect(operation.operationId).toBe(route.operationId);
      expect(operation.parameters?.length ?? 0).toBe(route.parameters.length);
      expect('requestBody' in operation).toBe(route.body !== undefined);
    }
  });

  it('contains only valid references', () => {
    const all = new Set(refs(document));
    expect(all.size).toBeGreaterThan(15);
    for (const ref of all) expect(resolve(ref), ref).toBeDefined();
  });

  it('has examples that match the schemas', () => {
    for (const { path, method, responses, body } of routes) {
      const operation = document.paths[path][method.toLowerCase()];
      for (const [status, response] of Object.entries(responses)) {
        if (response.schema === undefined) {
          expect(operation.responses[status].content).toBeUndefined();
          continue;
        }
        const { example } = operation.responses[status].content['application/json'];
        expect(response.schema.parse(example), path).toEqual(example);
      }
      if (body === undefined) continue;
      const { example } = operation.requestBody.content['application/json'];
      expect(body(settings).parse(example)).toEqual(example);
    }
  });

  it('has the error bodies of the controller and of API Gateway', () => {
    const { Forbidden, Unauthorized, TooManyRequests } = document.components.responses;
    const bodies = (response: typeof Forbidden) => [...refs(response.content)];
    const controller = '#/components/schemas/Error';
    const gateway = '#/components/schemas/GatewayError';
    expect(bodies(Forbidden)).toEqual([controller, gateway]);
    expect(bodies(TooManyRequests)).toEqual([controller, gateway]);
    expect(bodies(Unauthorized)).toEqual([gateway]);
    expect(errorResponseSchema.safeParse(Forbidden.content['application/json'].example).success).toBe(true);
    expect(gatewayErrorSchema.safeParse(Unauthorized.content['application/json'].example).success).toBe(true);
  });

  it('requires a bearer token except for public routes', () => {
    expect(document.security).toEqual([{ bearer: [] }]);
    for (const { path, method, access } of routes) {
      const { security } = document.paths[path][method.toLowerCase()];
      expect(security).toEqual(access === 'public' ? [] : undefined);
    }
  });

  it('declares the headers Retry-After and Location', () => {
    const { TooManyRequests, Unavailable } = document.components.responses;
    expect(TooManyRequests.headers).toHaveProperty('Retry-After');
    expect(Unavailable.headers).toHaveProperty('Retry-After');
    expect(document.paths['/workbenches/{wid}'].get.responses[200].headers).toHaveProperty('Retry-After');
    expect(document.paths['/workbenches'].post.responses[201].headers).toHaveProperty('Location');
  });
});
