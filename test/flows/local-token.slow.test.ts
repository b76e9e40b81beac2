import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProcessesByEnvironment } from '#test/e2e/live-processes.ts';
import { call, type OpenServer, openServer, temporaryFolder } from './open-server.ts';

const PROGRAM = `exec '${process.execPath}' -e "require('http').createServer((q,s)=>s.end('cookies: '+q.headers.cookie)).listen(process.env.PORT,'127.0.0.1')"`;

/** A browser with the cookies of each host. It follows no redirects. */
class Browser {
  readonly #port: number;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor({ workbenchPort }: OpenServer) {
    this.#port = workbenchPort;
  }

  async navigate(url: string, form?: Readonly<Record<string, string>>) {
    const { host, origin, pathname, search } = new URL(url);
    const cookies = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, cookies);
    const message = sendRequest({
      host: '127.0.0.1',
      port: this.#port,
      path: `${pathname}${search}`,
      method: form === undefined ? 'GET' : 'POST',
      agent: false,
      headers: {
        host,
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-site': form === undefined ? 'none' : 'same-origin',
        'sec-fetch-user': '?1',
        ...(cookies.size === 0
          ? {}
          : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(form === undefined ? {} : { origin, 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
    message.end(form === undefined ? undefined : new URLSearchParams(form).toString());
    const [response] = (await once(message, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    for (const cookie of response.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/; Max-Age=0/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const { location } = response.headers;
    return {
      status: response.statusCode ?? 0,
      body: Buffer.concat(chunks).toString(),
      location: location === undefined ? '' : new URL(location, url).href,
    };
  }

  /** Follows redirects, and clicks on the page that asks whether to open the workbench of a ticket. */
  async open(url: string): Promise<{ readonly url: string; readonly status: number; readonly body: string }> {
    const response = await this.navigate(url);
    if (response.location !== '') return await this.open(response.location);
    const [, action] = /<form method="post" action="([^"]*\/\.wb\/enter)">/.exec(response.body) ?? [];
    if (action === undefined) return { url, ...response };
    const fields = [...response.body.matchAll(/<input type="hidden" name="(\w)" value="([^"]*)">/g)];
    const form = Object.fromEntries(fields.map(([, name, value]) => [name, value]));
    const entered = await this.navigate(new URL(action, url).href, form);
    return await this.open(entered.location);
  }

  /** Enters the secret on the form that a navigation has led to. */
  async signIn(formUrl: string, secret: string) {
    const rd = new URL(formUrl).searchParams.get('rd') ?? '';
    const { origin, pathname } = new URL(formUrl);
    return await this.navigate(`${origin}${pathname}`, { rd, secret });
  }
}

async function openWithWorkbench(environment: Readonly<Record<string, string>>) {
  const server = await openServer({ WB_BOOT_COMMAND: PROGRAM, ...environment });
  const authorized = { ...server, token: server.token ?? '' };
  const headers = { Authorization: `Bearer ${authorized.token}` };
  const created = await call(server, 'POST', '/workbenches', { headers });
  const id = created.body.item.workbench_id;
  await expect
    .poll(async () => (await call(server, 'GET', `/workbenches/${id}`, { headers })).body.item.status, {
      timeout: 120_000,
    })
    .toBe('running');
  return { server, token: authorized.token, id, url: created.body.item.public_endpoint };
}

describe('with WB_LOCAL_TOKEN', () => {
  it('the API asks for the token, and only the health is public', async () => {
    const server = await openServer({ WB_LOCAL_TOKEN: 'auto' });
    expect((await call(server, 'GET', '/health')).status).toBe(200);
    expect((await call(server, 'GET', '/workbenches')).status).toBe(401);
    const list = (token: string) =>
      call(server, 'GET', '/workbenches', { headers: { Authorization: `Bearer ${token}` } });
    expect((await list('a-token-that-is-a-guess-only')).status).toBe(403);
    expect((await list(server.token ?? '')).status).toBe(200);
    expect((await readFile(join(server.dataDir, 'token'), 'utf8')).trim()).toBe(server.token);
  });

  it.each(['prefix', 'host'])(
    'the gate asks for it on a form before it serves a workbench by %s, and not again after a restart',
    async (mode) => {
      const dataDir = await temporaryFolder();
      const settings = { WB_LOCAL_TOKEN: 'auto', WB_WORKBENCH_ADDRESS: mode, WB_DATA_DIR: dataDir };
      const { server, token, url } = await openWithWorkbench(settings);
      const browser = new Browser(server);
      expect((await fetch(`${url}/`)).status).not.toBe(200);

      const form = await browser.open(`${url}/deep?x=1`);
      expect(new URL(form.url).pathname).toBe('/.wb/login');
      expect(form.url).not.toContain(token);
      expect(form.body).toContain('<form');
      const refused = await browser.signIn(form.url, `${token}x`);
      expect([refused.location, refused.body.includes(token)]).toEqual(['', false]);
      expect((await browser.open(`${url}/`)).url).toContain('/.wb/login');

      const accepted = await browser.signIn(form.url, token);
      const page = await browser.open(accepted.location);
      // The session of the gate is not passed on.
      expect([page.status, page.body]).toEqual([200, 'cookies: undefined']);
      expect(page.url).toMatch(/\/deep\?x=1$/);

      await server.close();
      const next = await openServer({ WB_BOOT_COMMAND: PROGRAM, ...settings });
      expect([next.token, next.workbenchPort]).toEqual([token, server.workbenchPort]);
      // Its page: it was stopped with the server.
      expect((await browser.open(`${url}/`)).status).toBe(503);
    },
  );

  it('no process has it among its arguments and variables, and it is in no log', async () => {
    const token = 'the-token-of-this-installation';
    const { server, id } = await openWithWorkbench({ WB_LOCAL_TOKEN: token });
    const workbenches = await findProcessesByEnvironment(`WORKBENCH_ID=${id}`);
    expect(workbenches.length).toBeGreaterThan(0);
    for (const pid of [server.gatePid(), ...workbenches]) {
      for (const file of ['environ', 'cmdline'])
        expect(await readFile(`/proc/${pid}/${file}`, 'latin1')).not.toContain(token);
    }
    expect(JSON.stringify(server.telemetry.lines)).not.toContain(token);
  });
});
