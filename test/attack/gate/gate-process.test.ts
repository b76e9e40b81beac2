import { expect, test } from 'vitest';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { type Exchange, exchange } from '../exchange.ts';
import { openWorkbench } from '../proxy/hostile-workbench.ts';
import { headerOf, pairOf, requestOf } from './attacked-gate.ts';

const SECRET = 'secret-of-local-mode-0123456789';
const WRONG = 'wrong-secret-of-an-attacker-98765';
const FORM = 'Content-Type: application/x-www-form-urlencoded';

function cookiesOf({ head }: Exchange): readonly string[] {
  return [...head.matchAll(/^set-cookie: (.*)$/gim)].map(([, cookie = '']) => pairOf(cookie.trim()));
}

test('the processes of the controller and the gate log no ticket, cookie or secret', async () => {
  const settings = {
    WB_LOCAL_TOKEN: SECRET,
    WB_BOOT_COMMAND: TINY_SERVER,
    WB_LOCAL_STOP_TIMEOUT_SECONDS: '0',
  };
  const server = await LocalServer.start(await createDataDir(), settings, SERVER_ALONE);
  const gatePid = await server.findGatePid();
  const target = { api: server.api, apiPort: Number(new URL(server.api).port), dataDir: server.dataDir };
  const workbench = await openWorkbench(target, `Bearer ${SECRET}`);
  const port = Number(workbench.port);
  // The public endpoint is for programs, which may use the path.
  const host = `${workbench.pathname.split('/')[2]}.localhost:${port}`;
  const secrets = [SECRET, WRONG];
  const send = async (line: string, headers: readonly string[], body = '') => {
    const response = await exchange(port, requestOf(line, headers, body));
    for (const cookie of cookiesOf(response))
      if (!cookie.endsWith('=')) secrets.push(cookie.split('=')[1] ?? '');
    return response;
  };
  const visit = await send('GET /lab', [`Host: ${host}`, 'Accept: text/html', 'Sec-Fetch-Mode: navigate']);
  expect(visit.head).toMatch(/^HTTP\/1\.1 302 /);
  const login = new URL(headerOf(visit, 'location') ?? '');
  const signIn = async (secret: string, rd = login.searchParams.get('rd') ?? '') => {
    const fields = new URLSearchParams([...login.searchParams, ['secret', secret]]);
    fields.set('rd', rd);
    return send(
      'POST /.wb/login',
      [`Host: ${login.host}`, `Origin: ${login.origin}`, FORM],
      fields.toString(),
    );
  };
  expect((await signIn(WRONG)).status).toBe(403);
  expect((await signIn(SECRET, 'https://evil.example/')).status).toBe(400);
  const signedIn = await signIn(SECRET);
  const entry = new URL(headerOf(signedIn, 'location') ?? '');
  const ticket = entry.searchParams.get('t') ?? '';
  secrets.push(ticket);
  const path = `${entry.pathname}${entry.search}`;
  const bound = cookiesOf(visit).map((cookie) => `Cookie: ${cookie}`);
  const entered = await send(`GET ${path}`, [`Host: ${entry.host}`, ...bound]);
  expect([entered.status, headerOf(entered, 'location')]).toEqual([303, '/lab']);
  const session = cookiesOf(entered)[0] ?? '';
  // Failures are what is logged.
  expect((await send(`GET ${path}`, [`Host: ${entry.host}`, ...bound])).status).toBe(403);
  expect((await send(`GET ${path}`, ['Host: evil.example'])).status).toBe(404);
  expect((await send('GET /lab', [`Host: ${entry.host}`, `Cookie: ${session}x`])).status).toBe(401);
  expect((await send('GET /lab', [`Host: ${entry.host}`, `Cookie: ${session}`])).status).toBe(200);
  expect((await send(`GET /${ticket} HTTP/1.1 x`, [`Cookie: ${session}`])).status).toBe(400);
  const form = [`Host: ${entry.host}`, `Cookie: ${session}`, `Origin: ${entry.origin}`];
  expect((await send('POST /.wb/logout', form)).status).toBe(200);
  expect((await send('GET /lab', [`Host: ${entry.host}`, `Cookie: ${session}`])).status).toBe(401);
  expect(await server.findGatePid()).toBe(gatePid);
  const { output: printed } = await server.interrupt();
  // The secret is printed once, for the user at the terminal.
  const output = printed.slice(printed.indexOf('Ctrl-C ends the server'));
  expect(output).toContain('a ticket was refused');
  expect(secrets.length).toBeGreaterThanOrEqual(5);
  expect(secrets.filter((secret) => secret === '' || output.includes(secret))).toEqual([]);
});
