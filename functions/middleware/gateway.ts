import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2WithRequestContext,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';

/** What an HTTP API hands to a function (payload 2.0), with whatever the authorizer said, if there was one. */
export type GatewayEvent = APIGatewayProxyEventV2WithRequestContext<
  APIGatewayEventRequestContextV2 & { readonly authorizer?: { readonly lambda?: unknown } }
>;

export interface ApiResponse extends APIGatewayProxyStructuredResultV2 {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** A function of the API, as Lambda or the local front calls it. Never rejects: every error is an answer. */
export type ApiHandler = (event: GatewayEvent, context: Context) => Promise<ApiResponse>;

/** What an endpoint answers, before it is written down for the gateway. */
export interface EndpointResult {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The event as the middlewares carry it along: each adds what it has read. */
export interface ApiEvent extends GatewayEvent {
  requestId: string;
  /** Every bad field found so far: field → what is expected. Refused together, before the endpoint is asked. */
  invalidFields: Map<string, string>;
}
