import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findOnPath } from '#adapters/local/processes/command.ts';
import { findListeningAddresses } from '#adapters/local/processes/listening-sockets.ts';
import { INSTALLED_IDE } from '#local/installed-ide.ts';
import { findChromium, openBrowser, openPage } from './browser.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { openNameServer } from './name-server.ts';
import { pollUntil, runPrintedCommand } from './printed-commands.ts';

/** Set in CI. The tests fail then instead of being skipped. */
const REQUIRED = process.env.E2E_REBINDING === 'required';
const CODE_SERVER = findOnPath('code-server', process.env.PATH) ?? findOnPath('code-server', INSTALLED_IDE);

const NAME_SERVER = '127.0.0.99';
const ATTACKER = '127.0.0.2';
/** Programs below see this file as /etc/resolv.conf. All other programs see the real one. */
const WITH_RESOLVER = ['--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"'];

/** A program that serves HTTP on its port and checks nothing. */
const BOOT_COMMAND = `exec '${process.execPath}' -e "require('http').createServer((q,s)=>s.end('files of the user')).listen(process.env.PORT,'127.0.0.1')"`;

/** Opens a tab of a browser that asks the name server of this test. */
async function openPageWithResolver(): Promise<Page> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-resolver-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const resolver = join(folder, 'resolv.conf');
  await writeFile(resolver, `nameserver ${NAME_SERVER}\n`);
  const arguments_ = [...WITH_RESOLVER, resolver, findChromium()].map((text) => `'${text}'`).join(' ');
  const wrapper = join(folder, 'chromium');
  await writeFile(wrapper, `#!/bin/sh\nexec unshare ${arguments_} "$@"\n`, {
    mode: 0o755,
  });
  return await openPage(await openBrowser(wrapper));
}

/** Returns why the tests cannot run here, or undefined. */
function reasonToSkip(): string | undefined {
  const { status, error } = spawnSync('unshare', [...WITH_RESOLVER, '/etc/hosts', 'true']);
  return status === 0 ? undefined : `a mount namespace of its own needs Linux and root (${error ?? status})`;
}

/**
 * Opens a page of the attacker at this port, and lets its name then resolve to this computer. Returns what the page reads at
 * the path.
 */
async function attack(port: number, path: string): Promise<{ status: number; text: string }> {
  const names = await openNameServer(NAME_SERVER, ATTACKER);
  const attacker = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.setHeader('connection', 'close');
    response.end('<title>attacker</title>');
  });
  await new Promise<void>((resolve) => attacker.listen(port, ATTACKER, resolve));
  const page = await openPageWithResolver();
  await page.goto(`http://evil.test:${port}/`);
  expect(await page.title()).toBe('attacker');
  names.address = '127.0.0.1';
  const before = names.questions;
  await new Promise((resolve) => attacker.close(resolve));
  const read = await page.evaluate(async (target) => {
    for (;;) {
      try {
        const response = await fetch(target, { cache: 'no-store' });
        return { status: response.status, text: await response.text() };
      } catch {
        // Nothing listens at the former address. Chromium asks the name server again after a minute.
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }, path);
  expect(names.questions).toBeGreaterThan(before);
  return read;
}

/** Starts a workbench, and returns where its processes listen for TCP connections. */
async function startWorkbench(settings: Readonly<Record<string, string>>) {
  const server = await LocalServer.start(await createDataDir(), settings);
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  return { item, addresses: await findListeningAddresses(await server.workbenchProcesses()) };
}

describe('a web page whose name is rebound to this computer', () => {
  const reason = reasonToSkip();
  const skips = reason !== undefined && !REQUIRED;
  if (skips) console.warn(`Skipped: ${reason}.`);

  // SECURITY.md says so. This shows that the attack works where nothing prevents it.
  test.skipIf(skips)('reads a boot command that listens on its port', async () => {
    const { addresses } = await startWorkbench({ WB_BOOT_COMMAND: BOOT_COMMAND });
    const [address = ''] = addresses;
    const read = await attack(Number(address.split(':')[1]), '/');
    expect(read).toEqual({ status: 200, text: 'files of the user' });
  });

  test.skipIf(skips)('is refused by the origin of the workbenches', async () => {
    const { item } = await startWorkbench({});
    const { port, pathname } = new URL(`${item.public_endpoint}/`);
    const { status, text } = await attack(Number(port), pathname);
    expect(status).toBe(403);
    expect(text).toContain('unknown host name');
  });
});

test.for(['page', 'code-server'])('a workbench with %s listens on no port', async (ide, { skip }) => {
  if (ide === 'code-server' && CODE_SERVER === undefined && process.env.E2E_IDE !== 'required') {
    skip('code-server is not installed: run `npm run local:ide`');
  }
  const { item, addresses } = await startWorkbench({ WB_LOCAL_IDE: ide });
  expect(addresses).toEqual([]);
  expect((await fetch(`${item.public_endpoint}/`)).status).toBe(200);
});
