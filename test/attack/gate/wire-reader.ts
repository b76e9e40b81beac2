import type { Socket } from 'node:net';

/** A request as a workbench received it. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** As sent, in their order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Returns the values of a header. @param name in lower case */
export function valuesOf({ headers }: Pick<WireRequest, 'headers'>, name: string): readonly string[] {
  return headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
}

/** What a connection to a workbench carries that no program may have to interpret. */
export class WireError extends Error {}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/;
const CHUNK_LINE = /^[0-9A-Fa-f]+$/;

/**
 * Reads the requests of a connection by the letter of RFC 9112. It does not use the parser of Node.js, because the gate does:
 * two parsers with the same fault would agree. A request that another program could read in another way is an error.
 */
export class WireReader {
  readonly #onRequest: (request: WireRequest) => void;
  #unread = Buffer.alloc(0);

  constructor(onRequest: (request: WireRequest) => void) {
    this.#onRequest = onRequest;
  }

  /** The bytes that are not yet a whole request. */
  get unread(): string {
    return this.#unread.toString('latin1');
  }

  /** @throws WireError */
  read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let length = this.#readRequest(); length > 0; length = this.#readRequest())
      this.#unread = this.#unread.subarray(length);
  }

  /** Returns the length of the first request; 0 if it is not complete. */
  #readRequest(): number {
    const text = this.unread;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const [line = '', ...lines] = text.slice(0, end).split('\r\n');
    const [, method = '', target = ''] = match(REQUEST_LINE, line);
    const headers = lines.map((header): readonly [string, string] => {
      const [, name = '', value = ''] = match(HEADER_LINE, header);
      return [name, value];
    });
    const body = readBody(headers, text.slice(end + 4));
    if (body === undefined) return 0;
    this.#onRequest({ method, target, headers, body: body.text });
    return end + 4 + body.length;
  }
}

/** Returns undefined if the body is not complete. */
function readBody(
  headers: WireRequest['headers'],
  rest: string,
): { readonly text: string; readonly length: number } | undefined {
  const lengths = valuesOf({ headers }, 'content-length');
  const codings = valuesOf({ headers }, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new WireError('the length of a body is ambiguous');
  const [length] = lengths;
  if (length !== undefined) {
    match(/^\d+$/, length);
    return rest.length < Number(length)
      ? undefined
      : { text: rest.slice(0, Number(length)), length: Number(length) };
  }
  if (codings.length === 0) return { text: '', length: 0 };
  match(/^(?:gzip, )?chunked$/i, codings[0] ?? '');
  return readChunks(rest);
}

function readChunks(rest: string): { readonly text: string; readonly length: number } | undefined {
  let text = '';
  let at = 0;
  for (;;) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(match(CHUNK_LINE, rest.slice(at, end))[0] ?? '', 16);
    at = end + 2;
    if (size === 0) return readTrailers(rest, at, text);
    if (rest.length < at + size + 2) return undefined;
    text += rest.slice(at, at + size);
    at += size;
    if (rest.slice(at, at + 2) !== '\r\n') throw new WireError('a chunk is longer than its size');
    at += 2;
  }
}

function readTrailers(
  rest: string,
  from: number,
  text: string,
): { readonly text: string; readonly length: number } | undefined {
  for (let at = from; ; ) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return undefined;
    if (end === at) return { text, length: end + 2 };
    match(HEADER_LINE, rest.slice(at, end));
    at = end + 2;
  }
}

function match(pattern: RegExp, text: string): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw new WireError(`${JSON.stringify(text)} does not match ${pattern.source}`);
  return found;
}

/** Whether a request asks for a WebSocket. */
export function isUpgrade(request: WireRequest): boolean {
  return valuesOf(request, 'upgrade').some((value) => value.toLowerCase() === 'websocket');
}

/** Resolves when the connection has ended, even if it has ended before. */
export function closed(socket: Socket): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
}
