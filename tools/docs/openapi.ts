import * as z from 'zod/mini';
import { PARAMETERS, type Parameter } from '#contract/parameters.ts';
import {
  errorResponseSchema,
  gatewayErrorSchema,
  historyItemSchema,
  itemSchema,
} from '#contract/response-bodies.ts';
import { httpStatusOf } from '#contract/route.ts';
import { COMMON_ERRORS, ROUTES, type Route, USER_ROUTE_ERRORS } from '#contract/routes.ts';
import { readSettings } from '#contract/settings/read-settings.ts';
import type { ErrorCode } from '#core/errors.ts';
import { ERROR_MEANINGS, errorExample, exampleOf, GATEWAY_MEANING, INTRODUCTION } from './openapi-texts.ts';

type Json = Readonly<Record<string, unknown>>;

/** The bounds in the document are those of the default settings. */
const DOCUMENTED_SETTINGS = readSettings({ RESTAPI_AUTH: 'none', BASE_URL: 'https://cloud.example.com' });

/** Statuses with which API Gateway itself can respond, with its own body. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 413, 429, 500, 503]);

/** Returns the content of docs/api.yaml: OpenAPI 3.1 from the route table and the schemas. */
export function openApi(version: string): Json {
  const routes: readonly Route[] = ROUTES;
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Workbench Controller',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: INTRODUCTION,
    },
    servers: [
      { url: 'http://127.0.0.1:8999', description: 'Local mode. On AWS: the address of the deployed API.' },
    ],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      parameters: PARAMETERS,
      responses: Object.fromEntries(
        Object.entries(SHARED_RESPONSES).map(([name, codes]) => [name, sharedResponse(codes)]),
      ),
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The static key, an HS256 token with `exp`, or a token of the configured OpenID Connect issuer. Local mode without a key accepts requests without a token.',
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const { operationId, summary, description, parameters, body, access } = route;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(access === 'public' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterOf) }),
    ...(body === undefined
      ? {}
      : { requestBody: requestBody(operationId, schemaOf(body(DOCUMENTED_SETTINGS))) }),
    responses: { ...successResponses(route), ...errorResponses(route) },
  };
}

function requestBody(operationId: string, schema: Json): Json {
  return {
    // A request without a body counts as an empty object.
    required: Array.isArray(schema.required) && schema.required.length > 0,
    description: 'At most 64 KiB. `application/json` or `application/*+json`.',
    content: jsonContent(schema, exampleOf(operationId, 'request')),
  };
}

function successResponses({ operationId, responses }: Route): Json {
  const entries = Object.entries(responses).map(([status, response]) => [
    status,
    {
      description: response.description,
      headers: references([...(response.headers ?? []), 'X-Request-Id']),
      ...(response.schema === undefined
        ? {}
        : {
            content: {
              ...jsonContent(schemaOf(response.schema), exampleOf(operationId, 'response')),
              ...(response.textType === undefined
                ? {}
                : { [response.textType]: { schema: { type: 'string' } } }),
            },
          }),
    },
  ]);
  return Object.fromEntries(entries);
}

/** Returns a reference to a parameter that several routes share, or the parameter of a single route itself. */
function parameterOf(parameter: Parameter): Json {
  const [name] = Object.entries(PARAMETERS).find(([, candidate]) => candidate === parameter) ?? [];
  return name === undefined ? { ...parameter } : { $ref: `#/components/parameters/${name}` };
}

/** Responses that several routes share: name → the error codes of the response. */
const SHARED_RESPONSES: Readonly<Record<string, readonly ErrorCode[]>> = {
  Unauthorized: [],
  Forbidden: ['forbidden'],
  TooManyRequests: ['too_many_requests'],
  Internal: ['internal'],
  Unavailable: ['unavailable'],
};

function errorResponses({ errors, access }: Route): Json {
  const codes = [...errors, ...COMMON_ERRORS, ...(access === 'public' ? [] : USER_ROUTE_ERRORS)];
  const statuses = [...new Set(codes.map(httpStatusOf)), ...(access === 'public' ? [] : [401])].sort(
    (a, b) => a - b,
  );
  return Object.fromEntries(
    statuses.map((status) => {
      const codesOfStatus = codes.filter((code) => httpStatusOf(code) === status);
      const shared = Object.entries(SHARED_RESPONSES).find(
        ([, sharedCodes]) => sharedCodes.join() === codesOfStatus.join(),
      );
      return [
        status,
        shared ? { $ref: `#/components/responses/${shared[0]}` } : errorResponse(status, codesOfStatus),
      ];
    }),
  );
}

function sharedResponse(codes: readonly ErrorCode[]): Json {
  const [code] = codes;
  return errorResponse(code === undefined ? 401 : httpStatusOf(code), codes);
}

function errorResponse(status: number, codes: readonly ErrorCode[]): Json {
  const meanings = codes.map((code) => `\`${code}\`: ${ERROR_MEANINGS[code]}`);
  if (GATEWAY_STATUSES.has(status)) meanings.push(GATEWAY_MEANING);
  const bodies = [
    ...(codes.length > 0 ? [{ $ref: '#/components/schemas/Error' }] : []),
    ...(GATEWAY_STATUSES.has(status) ? [{ $ref: '#/components/schemas/GatewayError' }] : []),
  ];
  const headers = [
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
    ...(codes.length > 0 ? (['X-Request-Id'] as const) : []),
  ];
  return {
    description: meanings.join('\n'),
    ...(headers.length > 0 ? { headers: references(headers) } : {}),
    content: jsonContent(bodies.length === 1 ? bodies[0] : { oneOf: bodies }, errorExample(codes)),
  };
}

function references(headers: readonly string[]): Json {
  return Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const HEADERS: Json = {
  Location: { description: 'The path of the workbench.', schema: { type: 'string' } },
  'Retry-After': {
    description:
      'Seconds until the next request. Sent while a workbench is in transition, and with 429 and 503.',
    schema: { type: 'integer', minimum: 1 },
  },
  'X-Request-Id': {
    description: 'Id of the request. Include it in error reports.',
    schema: { type: 'string' },
  },
};

function jsonContent(schema: unknown, example: unknown): Json {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
}

/** Schemas in `components`. All other schemas are inline and refer to these. */
const NAMED_SCHEMAS = z.registry<{ id: string }>();
NAMED_SCHEMAS.add(itemSchema, { id: 'Workbench' });
NAMED_SCHEMAS.add(historyItemSchema, { id: 'HistoryEntry' });
NAMED_SCHEMAS.add(errorResponseSchema, { id: 'Error' });
NAMED_SCHEMAS.add(gatewayErrorSchema, { id: 'GatewayError' });

const TO_JSON_SCHEMA: Parameters<typeof z.toJSONSchema<z.ZodMiniType>>[1] & { uri: (id: string) => string } =
  {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    override: ({ jsonSchema }) => {
      // Redundant with `format` and `type`.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  };

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(NAMED_SCHEMAS, TO_JSON_SCHEMA);
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutSchemaKeywords(schema)]),
  );
}

function schemaOf(schema: z.ZodMiniType): Json {
  const registry = z.registry<{ id: string }>();
  for (const named of [itemSchema, historyItemSchema, errorResponseSchema, gatewayErrorSchema]) {
    registry.add(named, { id: NAMED_SCHEMAS.get(named)?.id ?? '' });
  }
  registry.add(schema, { id: 'this' });
  const { schemas } = z.toJSONSchema(registry, TO_JSON_SCHEMA);
  return withoutSchemaKeywords(schemas.this);
}

/** Removes the keywords that locate a schema: in OpenAPI its position does. */
function withoutSchemaKeywords(schema: unknown): Json {
  const { $schema: _schema, $id: _id, ...rest } = schema as Record<string, unknown>;
  return rest;
}
