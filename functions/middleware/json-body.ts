import jsonBodyParser from '@middy/http-json-body-parser';
import * as z from 'zod/mini';
import { WorkbenchError } from '#core/errors.ts';
import type { GatewayEvent } from './gateway.ts';
import type { Parser } from './parse-request.ts';
import type { InvalidFields, Parsed } from './query.ts';

/** The largest body, decoded: 64 KiB. */
export const BODY_MAX_BYTES = 65_536;

/** The most invalid fields that a response names. */
const INVALID_FIELDS_MAX = 100;

/** A response contains at most this much of a field's name, in characters. */
const FIELD_NAME_MAX_LENGTH = 100;

/**
 * Parses a JSON body. Reports every field that is invalid or unknown, and a body that is invalid as a whole as the
 * field `body`. A request without a body counts as an empty object, with any content type.
 * @param schema its messages say what is expected of a field
 */
export function jsonBodyOf<T>(schema: z.ZodMiniType<T>): Parser<T> {
  return async ({ event }) => {
    const text = decodeBody(event);
    if (text === undefined) return { invalid: { body: 'UTF-8' } };
    const parsed: Parsed<unknown> = text === '' ? { value: {} } : await parseJson(event, text);
    if ('invalid' in parsed) return parsed;
    const { value } = parsed;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { invalid: { body: 'a JSON object' } };
    }
    const checked = z.safeParse(schema, value);
    return checked.success ? { value: checked.data } : { invalid: toInvalidFields(checked.error.issues) };
  };
}

/**
 * The body as text; undefined if it is not UTF-8.
 * @throws WorkbenchError `payload_too_large`
 */
function decodeBody({ body, isBase64Encoded }: GatewayEvent): string | undefined {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > BODY_MAX_BYTES) {
    throw new WorkbenchError('payload_too_large', `The body is larger than ${BODY_MAX_BYTES / 1024} KiB.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const bodyParser = jsonBodyParser<GatewayEvent>();

/**
 * Middy's parser checks the content type, and refuses keys such as `__proto__`. It replaces the body of the event that
 * it is given, so it is given a copy.
 * @throws WorkbenchError `unsupported_media_type`
 */
async function parseJson(event: GatewayEvent, text: string): Promise<Parsed<unknown>> {
  const request = { event: { ...event, body: text, isBase64Encoded: false } };
  try {
    await bodyParser.before?.(request as unknown as Parameters<NonNullable<typeof bodyParser.before>>[0]);
    return { value: request.event.body };
  } catch (error) {
    const { statusCode, cause } = error as {
      readonly statusCode?: number;
      readonly cause?: { readonly data?: unknown; readonly message?: unknown };
    };
    if (statusCode === 415) {
      throw new WorkbenchError('unsupported_media_type', 'The body must be sent as application/json.');
    }
    // For a key that it refuses, the parser names the key; for malformed JSON it passes the engine's message on.
    const forbiddenKey =
      cause?.message === undefined && typeof cause?.data === 'string' ? cause.data : undefined;
    return {
      invalid:
        forbiddenKey === undefined ? { body: 'JSON' } : { [forbiddenKey]: 'a key that is not allowed' },
    };
  }
}

function toInvalidFields(issues: readonly z.core.$ZodIssue[]): InvalidFields {
  const fields = issues.flatMap((issue): (readonly [string, string])[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [
          [...issue.path, key.slice(0, FIELD_NAME_MAX_LENGTH)].join('.'),
          'no field of this request',
        ])
      : [[issue.path.join('.'), issue.message]],
  );
  return Object.fromEntries(fields.slice(0, INVALID_FIELDS_MAX));
}
