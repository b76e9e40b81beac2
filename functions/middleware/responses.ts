import type { MiddlewareObj, Request } from '@middy/core';
import { httpStatusOf } from '#contract/route.ts';
import { type ErrorCode, WorkbenchError } from '#core/errors.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { presentRefusal } from '../api/present-quota.ts';
import { type ApiResponse, type GatewayEvent, requestIdOf } from './gateway.ts';

/** Adds the headers of every response, also of errors. */
export function responseHeaders(): MiddlewareObj<GatewayEvent, ApiResponse> {
  const add = ({ event, context, response }: Request<GatewayEvent, ApiResponse>) => {
    if (!response) return;
    response.headers = {
      ...(response.statusCode === 204 ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...response.headers,
      // The status is polled, and responses belong to one user: no cache may store them.
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestIdOf(event, context),
    };
  };
  return { after: add, onError: add };
}

/** `Retry-After` of a transient error that does not set it itself, in seconds. */
const RETRY_AFTER_SECONDS = 2;
/** Space does not come back by itself: a program that retries every two seconds would only fill the log. */
const NO_SPACE_RETRY_AFTER_SECONDS = 30;
const TRANSIENT_ERRORS: readonly ErrorCode[] = ['unavailable', 'too_many_requests'];

/**
 * Turns every error into the error body of the contract. An error without a code becomes `internal`: the caller gets
 * the request's id, and the log gets the error.
 */
export function errorResponses(telemetry: Telemetry): MiddlewareObj<GatewayEvent, ApiResponse> {
  return {
    onError: (request) => {
      const { event, context, error } = request;
      const requestId = requestIdOf(event, context);
      const coded = toWorkbenchError(error);
      const status = httpStatusOf(coded.code);
      telemetry.count('api_error', 1, { code: coded.code });
      if (status >= 500) {
        const { code, reason, detail } = coded;
        const fields = { requestId, route: event.routeKey, code, reason, detail };
        telemetry.error('request failed', fields, coded.cause ?? error);
      }
      const retryAfter = retryAfterSecondsOf(coded);
      request.response = {
        statusCode: status,
        headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
        body: JSON.stringify({ success: false, error: toErrorBody(coded, requestId) }),
      };
    },
  };
}

function toWorkbenchError(error: unknown): WorkbenchError {
  if (error instanceof WorkbenchError) return error;
  if (error instanceof PortError && error.kind === 'no_space') {
    const message =
      'The controller has no space to store this. Tell the operator; try again when there is space.';
    return new WorkbenchError('unavailable', message, {
      reason: 'no_space',
      retryAfterSeconds: NO_SPACE_RETRY_AFTER_SECONDS,
      detail: error.message,
      cause: error,
    });
  }
  if (error instanceof PortError) {
    const message = 'A service that the controller depends on is not available. Try again.';
    return new WorkbenchError('unavailable', message, {
      detail: `${error.kind}: ${error.message}`,
      cause: error,
    });
  }
  return new WorkbenchError('internal', '', { cause: error });
}

function toErrorBody(error: WorkbenchError, requestId: string) {
  const message =
    error.code === 'internal'
      ? `An internal error occurred. Report it with the request id ${requestId}.`
      : error.message;
  return {
    code: error.code,
    message,
    reason: error.reason,
    fields: error.fields,
    ...(error.quota === undefined ? {} : { quota: presentRefusal(error.quota) }),
  };
}

function retryAfterSecondsOf({ code, retryAfterSeconds }: WorkbenchError): number | undefined {
  return retryAfterSeconds ?? (TRANSIENT_ERRORS.includes(code) ? RETRY_AFTER_SECONDS : undefined);
}
