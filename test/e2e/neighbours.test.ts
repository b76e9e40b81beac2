import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPage } from './browser.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { attack } from './page-attack.ts';
import { pollUntil, runPrintedCommand } from './printed-commands.ts';

const PROGRAM = `exec '${process.execPath}' '${join(import.meta.dirname, 'neighbour.mjs')}'`;

test.each([
  ['host', { read: 'refused', post: 'sent', socket: 'refused' }, { posts: 0, sockets: 0 }],
  // The server says so in its documentation. This shows that the attack works where nothing prevents it.
  ['prefix', { read: 'the secret', post: 'sent', socket: 'opened' }, { posts: 1, sockets: 1 }],
] as const)(
  'with WB_WORKBENCH_ADDRESS=%s a page reaches of another workbench what it should',
  async (mode, reached, received) => {
    const server = await LocalServer.start(await createDataDir(), {
      WB_BOOT_COMMAND: PROGRAM,
      WB_WORKBENCH_ADDRESS: mode,
    });
    const { item: own } = await runPrintedCommand(server, 'create');
    const { item: other } = await runPrintedCommand(server, 'create');
    for (const { workbench_id: id } of [own, other]) await pollUntil(server, id, 'running');
    const page = await openPage();

    // A browser is redirected from the public endpoint, and each workbench gets its own cookies only.
    const urls: string[] = [];
    for (const { public_endpoint: endpoint } of [other, own]) {
      await page.goto(endpoint);
      await page.reload();
      expect(await page.title()).toBe(`session=${endpoint.split('/').at(-1)}`);
      urls.push(page.url());
    }
    const [target = ''] = urls;
    expect(new URL(target).hostname).toBe(mode === 'host' ? `${other.workbench_id}.localhost` : '127.0.0.1');
    expect(await attack(page, target)).toEqual(reached);
    expect(await (await fetch(`${other.public_endpoint}/received`)).json()).toEqual(received);
  },
);
