import type { MiddlewareObj } from '@middy/core';
import jsonBodyParser from '@middy/http-json-body-parser';
import * as z from 'zod/mini';
import { WorkbenchError } from '#core/errors.ts';
import type { ApiEvent, GatewayEvent } from './gateway.ts';

/** The largest body taken, decoded: 64 KiB. */
export const BODY_MAX_BYTES = 65_536;

/** As many bad fields are named; a request with more of them is not a request of this API. */
const INVALID_FIELDS_MAX = 100;

export interface WithBody<T> {
  input: T;
}

/** Names of fields are told up to this length, in characters. */
const FIELD_NAME_MAX_LENGTH = 100;

/**
 * Reads a JSON body into `event.input` and notes every field that is bad or unknown; `body` stands for the
 * whole of it. No body at all is an empty object, whatever its content type.
 * @param schema its messages are what is expected of a field
 */
export function jsonBody<T>(schema: z.ZodMiniType<T>): MiddlewareObj<ApiEvent & WithBody<T>> {
  const parser = jsonBodyParser<GatewayEvent>();
  return {
    before: async (request) => {
      const { event } = request;
      const sent = decodeBody(event);
      if (sent === undefined) {
        event.invalidFields.set('body', 'UTF-8');
        return;
      }
      const plain = { ...request, event: { ...event, body: sent, isBase64Encoded: false } };
      const parsed = sent === '' ? {} : await parseJson(parser, plain, event.invalidFields);
      if (parsed === undefined) return;
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
        event.invalidFields.set('body', 'a JSON object');
        return;
      }
      const checked = z.safeParse(schema, parsed);
      if (checked.success) event.input = checked.data;
      else collectInvalidFields(checked.error.issues, event.invalidFields);
    },
  };
}

/** The body as text; undefined when it is not UTF-8. */
function decodeBody({ body, isBase64Encoded }: GatewayEvent): string | undefined {
  const sent = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (sent.byteLength > BODY_MAX_BYTES) {
    throw new WorkbenchError('payload_too_large', `The body is larger than ${BODY_MAX_BYTES / 1024} KiB.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(sent);
  } catch {
    return undefined;
  }
}

type Parser = ReturnType<typeof jsonBodyParser<GatewayEvent>>;
type ParserRequest = Parameters<NonNullable<Parser['before']>>[0];

/** What the body holds; undefined when it is noted among the faults that it cannot be read. */
async function parseJson(
  parser: Parser,
  request: ParserRequest,
  faults: Map<string, string>,
): Promise<unknown> {
  try {
    await parser.before?.(request);
    return request.event.body;
  } catch (error) {
    const { statusCode, cause } = error as {
      readonly statusCode?: number;
      readonly cause?: { readonly data?: unknown; readonly message?: unknown };
    };
    if (statusCode === 415) {
      throw new WorkbenchError('unsupported_media_type', 'The body must be sent as application/json.');
    }
    // The parser names the key that it will not have; of malformed JSON it gives the engine's message.
    const forbidden =
      cause?.message === undefined && typeof cause?.data === 'string' ? cause.data : undefined;
    if (forbidden === undefined) faults.set('body', 'JSON');
    else faults.set(forbidden, 'a key that is not allowed');
    return undefined;
  }
}

function collectInvalidFields(issues: readonly z.core.$ZodIssue[], faults: Map<string, string>): void {
  for (const issue of issues) {
    const found =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => [key.slice(0, FIELD_NAME_MAX_LENGTH), 'no field of this request'] as const)
        : [[issue.path.join('.'), issue.message] as const];
    for (const [name, expected] of found.slice(0, INVALID_FIELDS_MAX - faults.size))
      faults.set(name, expected);
  }
}
