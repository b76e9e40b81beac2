import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2WithRequestContext,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';

/** The event that an HTTP API sends to a function (payload 2.0), with the authorizer's context if the route has one. */
export type GatewayEvent = APIGatewayProxyEventV2WithRequestContext<
  APIGatewayEventRequestContextV2 & { readonly authorizer?: { readonly lambda?: unknown } }
>;

export interface ApiResponse extends APIGatewayProxyStructuredResultV2 {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** A function of the API, as Lambda or the local gateway calls it. Never rejects: every error becomes a response. */
export type ApiHandler = (event: GatewayEvent, context: Context) => Promise<ApiResponse>;

/** The result of an endpoint, before it is serialized for the gateway. */
export interface EndpointResult {
  readonly status: number;
  /** Sent as JSON, unless there is a `text`. */
  readonly body: unknown;
  /** The body as it is sent. `headers` has its `content-type`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The id of a request, for its response and its log lines: API Gateway's own id, which the access log also contains.
 * `unknown` if there is none that can be printed.
 */
export function requestIdOf(event: GatewayEvent, context: Context): string {
  const id: string | undefined = event.requestContext?.requestId ?? context.awsRequestId;
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : 'unknown';
}
