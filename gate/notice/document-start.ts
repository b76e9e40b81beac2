import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { findHeadPosition } from './head-position.ts';

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
