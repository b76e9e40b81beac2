import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Expected, FILE_MAX_BYTES, FileProblem, FolderFiles, PROBLEMS } from './folder-files.ts';

export interface PageServerOptions {
  /** The folder of the shown files: an absolute path without symbolic links. */
  readonly folder: string;
  /** The name of the workbench. */
  readonly name: string;
}

/** The page loads, runs and requests nothing from other origins, and caches store nothing. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const ASSETS = new Map(
  [
    ['/', 'page.html', 'text/html'],
    ['/page.css', 'page.css', 'text/css'],
    ['/page.js', 'page.js', 'text/javascript'],
    ['/dialogs.js', 'dialogs.js', 'text/javascript'],
    ['/files.js', 'files.js', 'text/javascript'],
    ['/text.js', 'text.js', 'text/javascript'],
  ].map(([path = '', file = '', type = '']) => [
    path,
    { content: readFileSync(new URL(file, import.meta.url)), type: `${type}; charset=utf-8` },
  ]),
);

/** The largest JSON body, bytes. */
const JSON_BODY_MAX_BYTES = 16 * 1024;

interface PageResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** Creates the server of the built-in workbench: a page that edits the files of one folder, and its API. */
export function createPageServer(options: PageServerOptions): Server {
  const files = new FolderFiles(options.folder);
  return createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, (request, response) => {
    void respond(request, response, options, files);
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageServerOptions,
  files: FolderFiles,
): Promise<void> {
  let result: PageResponse;
  try {
    checkOrigin(request);
    result = await handleRequest(request, options, files);
  } catch (error) {
    result = toProblemResponse(error);
  }
  // An unread body would be parsed as the next request of the connection.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(result.status, { ...HEADERS, ...result.headers });
  response.end(request.method === 'HEAD' ? undefined : result.body);
}

async function handleRequest(
  request: IncomingMessage,
  options: PageServerOptions,
  files: FolderFiles,
): Promise<PageResponse> {
  const url = urlOf(request);
  const path = url.searchParams.get('path') ?? '';
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const asset = ASSETS.get(url.pathname);
  if (asset !== undefined && method === 'GET') {
    return { status: 200, headers: { 'content-type': asset.type }, body: asset.content };
  }
  switch (`${method} ${url.pathname}`) {
    case 'GET /api/workbench':
      return json(200, { name: options.name });
    case 'GET /api/folder':
      return json(200, await files.list(path));
    case 'POST /api/folder':
      await files.makeFolder(await readPath(request));
      return json(201, {});
    case 'GET /api/file': {
      const { content, tag } = await files.read(path);
      const headers = {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
        etag: `"${tag}"`,
      };
      return { status: 200, headers, body: content };
    }
    case 'PUT /api/file': {
      const expected = readPrecondition(request);
      checkType(request, 'application/octet-stream');
      const tag = await files.save(path, await readBody(request, FILE_MAX_BYTES), expected);
      return json(expected === 'absent' ? 201 : 200, {}, { etag: `"${tag}"` });
    }
    default:
      if (asset !== undefined || ['/api/workbench', '/api/folder', '/api/file'].includes(url.pathname)) {
        throw new FileProblem('method_not_allowed', 'This method is not allowed here.');
      }
      throw new FileProblem('not_found', 'This page does not exist.');
  }
}

function urlOf(request: IncomingMessage): URL {
  const target = request.url ?? '/';
  // The URL is concatenated, not resolved, so that `//x` is a path and not a host.
  const url = target.startsWith('/') ? URL.parse(`http://workbench${target}`) : null;
  if (url === null) throw new FileProblem('invalid_request', 'The URL is invalid.');
  return url;
}

function readPrecondition(request: IncomingMessage): Expected {
  const match = /^"([\w-]{27})"$/.exec(request.headers['if-match'] ?? '');
  if (match?.[1] !== undefined) return { tag: match[1] };
  if (request.headers['if-none-match'] === '*') return 'absent';
  throw new FileProblem(
    'precondition_required',
    'A save needs a precondition (If-Match or If-None-Match: *).',
  );
}

/** A page of another site can send these types only after a CORS preflight, which this server never allows. */
function checkType(request: IncomingMessage, type: string): void {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new FileProblem('unsupported_media_type', `The content type must be ${type}.`);
}

async function readPath(request: IncomingMessage): Promise<string> {
  checkType(request, 'application/json');
  const text = (await readBody(request, JSON_BODY_MAX_BYTES)).toString();
  try {
    const { path } = JSON.parse(text);
    if (typeof path === 'string') return path;
  } catch {
    // The error below is thrown.
  }
  throw new FileProblem('invalid_request', 'The body must be an object with a path.');
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > maxBytes) throw new FileProblem('too_large', 'At most 1 MiB can be saved.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): PageResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

function toProblemResponse(error: unknown): PageResponse {
  if (error instanceof FileProblem) {
    const { code, message } = error;
    return json(PROBLEMS[code], { error: { code, message } });
  }
  console.error(error);
  return json(PROBLEMS.internal, { error: { code: 'internal', message: 'Something went wrong.' } });
}

/**
 * Refuses requests that the page itself did not send, but another site made a browser send. The host name is not checked:
 * only the proxy reaches the socket of this server, and it refuses foreign ones.
 * @throws FileProblem `forbidden`
 */
function checkOrigin(request: IncomingMessage): void {
  const { host, origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const navigates = safe && request.headers['sec-fetch-mode'] === 'navigate';
  const foreignSite =
    site !== undefined && site !== 'same-origin' && !(safe && site === 'none') && !navigates;
  const foreignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (foreignSite || foreignOrigin) {
    throw new FileProblem('forbidden', 'Another site sent this request.');
  }
}
