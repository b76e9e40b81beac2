import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CONSOLE_CONFIG_PATH, type ConsoleConfig } from '#contract/console-config.ts';
import {
  CONSOLE_FILE_CACHING,
  CONSOLE_PAGE_CACHING,
  CONSOLE_SECURITY_HEADERS,
  consoleContentSecurityPolicy,
} from '#contract/console-headers.ts';
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

/** The built files of the console, in memory: about 100 KB. */
export class ConsoleFiles {
  readonly #files: ReadonlyMap<string, ConsoleFile>;

  private constructor(files: ReadonlyMap<string, ConsoleFile>) {
    this.#files = files;
  }

  /**
   * @param folder what `npm run console:build` has built
   * @param issuerOrigins to which the console sends requests when people sign in
   */
  static async read(
    folder: string,
    config: ConsoleConfig,
    issuerOrigins: readonly string[] = [],
  ): Promise<ConsoleFiles> {
    const headers = {
      'content-security-policy': consoleContentSecurityPolicy(issuerOrigins),
      ...CONSOLE_SECURITY_HEADERS,
    };
    const toFile = (body: Buffer, type: string, caching: string) =>
      withEtag(body, { ...headers, 'content-type': type, 'cache-control': caching });
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, ConsoleFile>();
    for (const entry of entries) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const absolute = join(entry.parentPath, entry.name);
      const path = absolute.slice(folder.length).replaceAll('\\', '/');
      const caching = entry.name === 'index.html' ? CONSOLE_PAGE_CACHING : CONSOLE_FILE_CACHING;
      files.set(path === '/index.html' ? '/' : path, toFile(await readFile(absolute), type, caching));
    }
    files.set(
      CONSOLE_CONFIG_PATH,
      toFile(Buffer.from(JSON.stringify(config)), TYPES['.json'] ?? '', CONSOLE_PAGE_CACHING),
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

function withEtag(body: Buffer, headers: Readonly<Record<string, string>>): ConsoleFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, etag, headers: { ...headers, etag } };
}

/** Compares as If-None-Match does: weakly. */
function isSame(sent: string, etag: string): boolean {
  const text = sent.trim();
  return text === '*' || text.replace(/^W\//, '') === etag;
}
