import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HEALTH_PROBE } from '#adapters/workbench-container.ts';

/** The path of a program, or undefined if this computer does not have it. */
function findProgram(name: string): string | undefined {
  // python3 may be a script that needs other programs to find the interpreter.
  const script = name === 'python3' ? 'python3 -c "import sys; print(sys.executable)"' : `command -v ${name}`;
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trim() || undefined;
}

let server: Server;
let respondWith: number | 'nothing';
beforeEach(async () => {
  respondWith = 200;
  server = createServer((_, response) => {
    if (respondWith === 'nothing') response.destroy();
    else response.writeHead(respondWith, { 'Content-Type': 'text/html' }).end('<html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Runs the probe with these programs as the only ones of the image: name → path. */
async function probe(programs: Readonly<Record<string, string>>, environment = {}) {
  const bin = await mkdtemp(join(tmpdir(), 'image-bin-'));
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(bin, name));
  const env = { PATH: bin, PORT: String((server.address() as AddressInfo).port), ...environment };
  return promisify(execFile)('/bin/sh', ['-c', HEALTH_PROBE], { env }).then(
    () => ({ healthy: true, error: '' }),
    ({ stderr }: { stderr: string }) => ({ healthy: false, error: stderr }),
  );
}

const IMAGES = [
  { image: 'curl', program: 'curl', as: 'curl' },
  { image: 'wget', program: 'wget', as: 'wget' },
  { image: 'busybox', program: 'busybox', as: 'wget' },
  { image: 'bash', program: 'bash', as: 'bash' },
  { image: 'python3', program: 'python3', as: 'python3' },
];

for (const { image, program, as } of IMAGES) {
  const path = findProgram(program);
  describe.skipIf(path === undefined)(`the health check in an image that has only ${image}`, () => {
    const programs = { [as]: path ?? '' };

    it('succeeds with a page, a 304, a login page and a 404', async () => {
      for (const status of [200, 304, 401, 404]) {
        respondWith = status;
        expect(await probe(programs), String(status)).toEqual({ healthy: true, error: '' });
      }
    });

    it('fails with an error of the server, without a response and without a listener', async () => {
      for (const status of [500, 503, 'nothing'] as const) {
        respondWith = status;
        expect(await probe(programs), String(status)).toMatchObject({ healthy: false });
      }
      // Nothing listens on the port of tcpmux.
      expect(await probe(programs, { PORT: '1' })).toMatchObject({ healthy: false });
    });

    it('does not use the proxy of the environment', async () => {
      const proxy = 'http://127.0.0.1:1';
      expect(await probe(programs, { http_proxy: proxy, ALL_PROXY: proxy })).toMatchObject({ healthy: true });
    });
  });
}

it('the health check in an image with none of the programs fails and says what it needs', async () => {
  expect(await probe({})).toEqual({
    healthy: false,
    error: 'the health check needs curl, wget, bash or python3\n',
  });
});
