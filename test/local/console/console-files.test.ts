import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConsoleConfig } from '#contract/console-config.ts';
import { issuerOriginsOf } from '#contract/console-headers.ts';
import { ConsoleFiles } from '#local/console/console-files.ts';

const CONFIG: ConsoleConfig = {
  version: '1.2.3',
  apiPrefix: '/api',
  signIn: 'none',
  organisationShares: false,
  restorableHours: 0,
  sizes: {
    cpu: { min: 1, max: 2, default: 1 },
    memory: { min: 1, max: 2, default: 1 },
    gpu: { min: 0, max: 0, default: 0 },
  },
};

async function readFiles(issuerOrigins?: readonly string[]): Promise<ConsoleFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'console-'));
  await mkdir(join(folder, 'console'));
  await writeFile(join(folder, 'index.html'), '<title>Workbenches</title>');
  await writeFile(join(folder, 'console/index-abc.js'), 'start()');
  await writeFile(join(folder, '.sources'), 'a hash');
  return await ConsoleFiles.read(folder, CONFIG, issuerOrigins);
}

const get = (files: ConsoleFiles, path: string, ifNoneMatch?: string) =>
  files.respond({ method: 'GET', path, ifNoneMatch });

describe('the files of the console', () => {
  test('are the page at / and files below /console/, and nothing else of the folder', async () => {
    const files = await readFiles();
    expect(get(files, '/')?.body.toString()).toBe('<title>Workbenches</title>');
    expect(get(files, '/console/index-abc.js')?.headers['content-type']).toBe(
      'text/javascript; charset=utf-8',
    );
    const absent = [
      '/index.html',
      '/.sources',
      '/console',
      '/console/',
      '/console/../.sources',
      '//',
      '/console/%69ndex-abc.js',
      '/__proto__',
    ];
    for (const path of absent) expect(get(files, path), path).toBeUndefined();
  });

  test('are sent for GET and HEAD only', async () => {
    const files = await readFiles();
    const statuses = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].map(
      (method) => files.respond({ method, path: '/', ifNoneMatch: undefined })?.status,
    );
    expect(statuses).toEqual([200, 200, undefined, undefined, undefined, undefined]);
  });

  test('are checked again at each load if their name stays, and kept for a year if it has a hash', async () => {
    const files = await readFiles();
    expect(get(files, '/')?.headers['cache-control']).toBe('no-cache');
    expect(get(files, '/console/config.json')?.headers['cache-control']).toBe('no-cache');
    expect(get(files, '/console/index-abc.js')?.headers['cache-control']).toContain('immutable');
  });

  test('get 304 if the browser has them', async () => {
    const files = await readFiles();
    const etag = get(files, '/')?.headers.etag ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect(get(files, '/', sent)?.status, sent).toBe(304);
    expect(get(files, '/', '"other"')?.status).toBe(200);
  });

  test('run no inline script, and no page shows them in a frame', async () => {
    const files = await readFiles();
    for (const path of ['/', '/console/index-abc.js', '/console/config.json']) {
      const policy = get(files, path)?.headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(get(files, path)?.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('may call the server and the issuer, and nothing else', async () => {
    const policyOf = (files: ConsoleFiles) => get(files, '/')?.headers['content-security-policy'];
    expect(policyOf(await readFiles())).toContain("; connect-src 'self'; ");
    const origins = issuerOriginsOf('https://id.example.com/realms/a', ['https://login.example.com']);
    expect(policyOf(await readFiles(origins))).toContain(
      "; connect-src 'self' https://id.example.com https://login.example.com; ",
    );
  });

  test('include what the page must know before its first request', async () => {
    const files = await readFiles();
    expect(JSON.parse(get(files, '/console/config.json')?.body.toString() ?? '')).toEqual(CONFIG);
  });
});
