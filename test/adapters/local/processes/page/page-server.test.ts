import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPageServer } from '#adapters/local/processes/page/page-server.ts';

interface PageResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('the built-in page', () => {
  let folder: string;
  let server: Server;
  let port: number;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'wb-page-')));
    server = createPageServer({ folder, name: '<i>mine</i>' });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  function send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string | Buffer,
  ): Promise<PageResponse> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
  function codeOf(response: PageResponse): unknown {
    return JSON.parse(response.text).error.code;
  }
  const BYTES = { 'content-type': 'application/octet-stream' };
  const NEW = { ...BYTES, 'if-none-match': '*' };

  it('serves a page that loads nothing from other origins and cannot be framed by other sites', async () => {
    const page = await send('GET', '/');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'self'");
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(['page.css', 'page.js']);
    for (const address of [...addresses, 'dialogs.js', 'files.js', 'text.js']) {
      const asset = await send('GET', `/${address}`);
      expect(asset.status).toBe(200);
      expect(asset.text).not.toMatch(/https?:|["'`]\/[a-z]|url\(/);
    }
  });

  it('lists, creates, opens and saves files', async () => {
    expect(JSON.parse((await send('GET', '/api/workbench')).text)).toEqual({ name: '<i>mine</i>' });
    const json = { 'content-type': 'application/json; charset=utf-8' };
    expect((await send('POST', '/api/folder', json, '{"path":"a b"}')).status).toBe(201);
    const created = await send('PUT', '/api/file?path=a%20b%2Fnotes.txt', NEW, 'first');
    expect(created.status).toBe(201);
    const opened = await send('GET', '/api/file?path=a%20b%2Fnotes.txt');
    expect(opened.text).toBe('first');
    expect(opened.headers.etag).toBe(created.headers.etag);
    expect(opened.headers['content-type']).toBe('application/octet-stream');
    expect(opened.headers['content-disposition']).toBe('attachment');
    const match = { ...BYTES, 'if-match': opened.headers.etag ?? '' };
    const saved = await send('PUT', '/api/file?path=a%20b%2Fnotes.txt', match, 'second');
    expect(saved.status).toBe(200);
    expect(saved.headers.etag).not.toBe(created.headers.etag);
    expect(await readFile(join(folder, 'a b', 'notes.txt'), 'utf8')).toBe('second');
    const listing = JSON.parse((await send('GET', '/api/folder?path=a%20b')).text);
    expect(listing.entries).toEqual([{ name: 'notes.txt', kind: 'file', size: 6 }]);
  });

  it('responds with 412 to a save over a change, and saves nothing', async () => {
    const { headers } = await send('PUT', '/api/file?path=f', NEW, 'first');
    await writeFile(join(folder, 'f'), 'by a terminal');
    const match = { ...BYTES, 'if-match': headers.etag ?? '' };
    const save = await send('PUT', '/api/file?path=f', match, 'mine');
    expect([save.status, codeOf(save)]).toEqual([412, 'changed']);
    expect(await readFile(join(folder, 'f'), 'utf8')).toBe('by a terminal');
  });

  it('requires a precondition for a save', async () => {
    for (const headers of [{}, { 'if-match': '*' }, { 'if-match': 'x' }, { 'if-none-match': '"x"' }]) {
      const save = await send('PUT', '/api/file?path=f', { ...BYTES, ...headers }, 'x');
      expect([save.status, codeOf(save)]).toEqual([428, 'precondition_required']);
    }
  });

  it.each([
    '/api/file?path=..%2f..%2fetc%2fpasswd',
    '/api/file?path=../../etc/passwd',
    '/api/file?path=%2fetc%2fpasswd',
    '/api/file?path=a%00b',
    '/api/folder?path=..',
  ])('refuses %s', async (path) => {
    const response = await send('GET', path);
    expect([response.status, codeOf(response)]).toEqual([400, 'invalid_path']);
  });

  it.each([
    '/../server.ts',
    '/server.ts',
    '/page.html',
    '/%2e%2e/server.ts',
    '/api/file/../../server.ts',
    '//x',
    '/x',
  ])('responds with 404 at %s', async (path) => {
    expect((await send('GET', path)).status).toBe(404);
  });

  it('leaves the check of host names to the proxy', async () => {
    for (const host of ['127.0.0.1', 'wb1.localhost:1', 'wb.example.com']) {
      expect((await send('GET', '/', { host })).status).toBe(200);
    }
  });

  it('allows other sites neither to read nor to write', async () => {
    const host = `127.0.0.1:${port}`;
    const foreign = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
    ];
    for (const headers of foreign) {
      expect((await send('GET', '/api/folder?path=', { host, ...headers })).status).toBe(403);
      expect((await send('PUT', '/api/file?path=f', { host, ...NEW, ...headers }, 'x')).status).toBe(403);
    }
    expect(
      (await send('PUT', '/api/file?path=f', { host, ...NEW, 'sec-fetch-site': 'none' }, 'x')).status,
    ).toBe(403);
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await send('PUT', '/api/file?path=f', { ...NEW, ...own }, 'x')).status).toBe(201);
  });

  it('allows links from other sites', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await send('GET', '/', headers)).status).toBe(200);
  });

  it('rejects content types that a form can send', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const save = await send('PUT', '/api/file?path=f', { ...NEW, 'content-type': type }, 'x');
      expect([save.status, codeOf(save)]).toEqual([415, 'unsupported_media_type']);
      expect((await send('POST', '/api/folder', { 'content-type': type }, '{"path":"f"}')).status).toBe(415);
    }
  });

  it('saves at most 1 MiB', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 'x');
    const save = await send('PUT', '/api/file?path=f', NEW, body);
    expect([save.status, codeOf(save)]).toEqual([413, 'too_large']);
    expect((await send('PUT', '/api/file?path=f', NEW, body.subarray(1))).status).toBe(201);
  });

  it.each(['{', '[]', 'null', '{"path":1}', '{}', ''])('refuses the body %j', async (body) => {
    const response = await send('POST', '/api/folder', { 'content-type': 'application/json' }, body);
    expect([response.status, codeOf(response)]).toEqual([400, 'invalid_request']);
  });

  it('rejects unsupported methods', async () => {
    expect((await send('DELETE', '/api/file?path=f')).status).toBe(405);
    expect((await send('POST', '/')).status).toBe(405);
    const head = await send('HEAD', '/');
    expect([head.status, head.text]).toEqual([200, '']);
  });
});
