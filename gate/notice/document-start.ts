import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** How much of a document is held back to find its head, bytes. Documents of IDEs begin with at most a license. */
const START_MAX_BYTES = 4096;

/**
 * Reads a document as far as it shows and executes nothing, so that its reader does not wait longer.
 * @param read is called once with the bytes that were read, and with the position in them where the head begins, if there is one
 */
export function readDocumentStart(
  document: IncomingMessage,
  read: (start: Buffer, headPosition: number | undefined) => void,
): void {
  let start: Buffer = Buffer.alloc(0);
  const finish = (position: number | undefined) => {
    document.off('data', add).off('end', finishWithout);
    read(start, position);
  };
  const finishWithout = () => finish(undefined);
  const add = (chunk: Buffer) => {
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    const position = findHeadPosition(start.subarray(0, START_MAX_BYTES));
    if (typeof position === 'number') finish(position);
    else if (position === 'none' || start.length >= START_MAX_BYTES) finishWithout();
  };
  document.on('data', add).on('end', finishWithout);
}

/** Returns the start of a document with a tag at a position of it, and changes the headers that describe the bytes of the document. */
export function insertTag(
  start: Buffer,
  position: number,
  tag: Buffer,
  headers: IncomingHttpHeaders,
): Buffer {
  const length = headers['content-length'];
  if (length !== undefined) headers['content-length'] = String(Number(length) + tag.length);
  // Programs must not put parts of both documents together (RFC 9110, section 8.8.1).
  if (headers.etag?.startsWith('"')) headers.etag = `W/${headers.etag}`;
  delete headers['accept-ranges'];
  return Buffer.concat([start.subarray(0, position), tag, start.subarray(position)]);
}

const SPACE = '[\\t\\n\\f\\r ]';
/** The attributes and the end of a start tag. A quotation mark elsewhere than around a value is not understood. */
const REST_OF_TAG = `(?:${SPACE}|/|[^\\t\\n\\f\\r "'<>/=]+(?=[\\t\\n\\f\\r />=])(?:${SPACE}*=${SPACE}*(?:"[^"]*"|'[^']*'|[^\\t\\n\\f\\r "'<>=\`]+(?=[\\t\\n\\f\\r >])))?)*>`;

/**
 * What may be before the start tag of `<head>`: white space, comments, the document type, and the start tag of `<html>`. A comment that
 * browsers end earlier than at `-->` is not understood, so that a position is never inside of a script.
 */
const BEFORE_HEAD = new RegExp(
  `${SPACE}+|<!--(?!-?>)(?:(?!--!>)[^])*?-->|<!doctype[^>]*>|<html(?=${SPACE}|[/>])${REST_OF_TAG}`,
  'iy',
);
const HEAD = new RegExp(`<head(?=${SPACE}|[/>])${REST_OF_TAG}`, 'iy');

/** With what a part of these begins, and may be completed by further bytes. */
const INCOMPLETE = /^<(?:!|(?:html|head)[\t\n\f\r /])|^(?:<|<h|<ht|<htm|<html|<he|<hea|<head)$/i;

/** In UTF-8, read as Latin-1. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/**
 * Finds the position behind the start tag of `<head>` of an HTML document. Nothing that a browser shows or executes is before it.
 * @param start the first bytes of the document. Each encoding of the web but UTF-16 has the same bytes for these tags
 * @returns `unknown` if it depends on further bytes; `none` if the document does not begin in this way
 */
export function findHeadPosition(start: Buffer): number | 'unknown' | 'none' {
  // One character for each byte, so that positions are those of bytes.
  const text = start.toString('latin1');
  let position = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  if (BYTE_ORDER_MARK.startsWith(text)) return 'unknown';
  while (position < text.length) {
    HEAD.lastIndex = position;
    if (HEAD.test(text)) return HEAD.lastIndex;
    BEFORE_HEAD.lastIndex = position;
    if (!BEFORE_HEAD.test(text)) return INCOMPLETE.test(text.slice(position)) ? 'unknown' : 'none';
    position = BEFORE_HEAD.lastIndex;
  }
  return 'unknown';
}
