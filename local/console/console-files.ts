import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CONSOLE_CONFIG_PATH, type ConsoleConfig } from '#contract/console-config.ts';
import type { GatewayResponse } from '../gateway/gateway-response.ts';

interface ConsoleFile {
  readonly body: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FileRequest {
  readonly method: string;
  /** The path as sent, without the query. */
  readonly path: string;
  readonly ifNoneMatch: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/** Only files of this server run, and only this server is called. No other page may show the console in a frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // The gate recognizes the console by its origin in the Referer header. It gets nothing else of the address.
  'referrer-policy': 'strict-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Names contain a hash of the content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The built files of the console, in memory: about 100 KB. */
export class ConsoleFiles {
  readonly #files: ReadonlyMap<string, ConsoleFile>;

  private constructor(files: ReadonlyMap<string, ConsoleFile>) {
    this.#files = files;
  }

  /** @param folder what `npm run console:build` has built */
  static async read(folder: string, config: ConsoleConfig): Promise<ConsoleFiles> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, ConsoleFile>();
    for (const entry of entries) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const absolute = join(entry.parentPath, entry.name);
      const path = absolute.slice(folder.length).replaceAll('\\', '/');
      const caching = entry.name === 'index.html' ? 'no-cache' : IMMUTABLE;
      files.set(path === '/index.html' ? '/' : path, toFile(await readFile(absolute), type, caching));
    }
    files.set(
      CONSOLE_CONFIG_PATH,
      toFile(Buffer.from(JSON.stringify(config)), TYPES['.json'] ?? '', 'no-cache'),
    );
    return new ConsoleFiles(files);
  }

  /** Returns the response to a request, or undefined if the console has no such file. */
  respond({ method, path, ifNoneMatch }: FileRequest): GatewayResponse | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const { body, etag, headers } = file;
    const isKnown = (ifNoneMatch?.split(',') ?? []).some((sent) => isSame(sent, etag));
    return { status: isKnown ? 304 : 200, headers, cookies: [], body };
  }
}

function toFile(body: Buffer, type: string, caching: string): ConsoleFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return {
    body,
    etag,
    headers: { ...SECURITY_HEADERS, 'content-type': type, 'cache-control': caching, etag },
  };
}

/** Compares as If-None-Match does: weakly. */
function isSame(sent: string, etag: string): boolean {
  const text = sent.trim();
  return text === '*' || text.replace(/^W\//, '') === etag;
}
