import { describe, expect, it } from 'vitest';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { acceptedRun, ID, idAt, RUN_ID, running, stopped, T0, USER } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { openForwardAuth } from './open-forward-auth.ts';

const HOST = `${ID}.wb.example`;
const UPSTREAM = '10.0.0.7:8080';
const OWNER = `__Host-wb_s=${USER}@${ID}`;
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', accept: 'text/html' };

const runningAtUpstream = (upstream = UPSTREAM) =>
  running({ run: acceptedRun({ endpoint: `http://${upstream}` }) });

async function open(proxy: ProxyKind = 'traefik', options: { readonly open?: true } = {}) {
  const timers = new ManualClock();
  const gate = await openForwardAuth({ proxy, timers, ...options });
  gate.table.put(runningAtUpstream());
  const ask = (
    headers: Readonly<Record<string, string>> = {},
    path = proxy === 'traefik' ? `/auth/${ID}/${UPSTREAM}` : `/auth/${ID}`,
  ) => {
    const all = {
      host: '127.0.0.1',
      'x-forwarded-method': 'GET',
      'x-forwarded-host': HOST,
      'x-forwarded-uri': '/lab?x=1',
      ...headers,
    };
    return sendRaw(
      gate.authPort,
      rawRequest(
        `GET ${path}`,
        Object.entries(all).map(([name, value]) => `${name}: ${value}`),
      ),
    );
  };
  return { ...gate, timers, ask };
}

const headerOf = ({ head }: { readonly head: string }, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();

describe('the question whether a request may be forwarded', () => {
  it('gets the address, the run, the user and the cookies that are not the gate’s', async () => {
    const { ask } = await open();
    const response = await ask({ cookie: `a=1; ${OWNER}; b=2` });
    expect(response.status).toBe(200);
    expect(response.body).toBe('');
    expect(headerOf(response, 'content-length')).toBe('0');
    expect(headerOf(response, 'cookie')).toBe('a=1; b=2');
    expect(headerOf(response, 'x-workbench-user')).toBe(USER);
    expect(headerOf(response, 'x-wb-upstream')).toBe(UPSTREAM);
    expect(headerOf(response, 'x-wb-run')).toBe(RUN_ID);
  });

  it('gets no Cookie header if only those of the gate are left', async () => {
    const { ask } = await open();
    const response = await ask({ cookie: OWNER });
    expect([response.status, headerOf(response, 'cookie')]).toEqual([200, undefined]);
  });

  it('leads a navigation without a session to the sign-in, and refuses all other requests', async () => {
    const { ask } = await open();
    const page = await ask(NAVIGATION);
    expect(page.status).toBe(302);
    const location = new URL(headerOf(page, 'location') ?? '');
    expect(location.origin + location.pathname).toBe('https://wb.example/.wb/login');
    expect(location.searchParams.get('rd')).toBe(`https://${HOST}/lab?x=1`);
    for (const headers of [{}, { 'x-forwarded-method': 'POST' }, { 'sec-websocket-key': 'x' }])
      expect((await ask(headers)).status).toBe(401);
  });

  it('responds with the same bytes for the workbench of another user and for none', async () => {
    const { ask, table } = await open();
    const withoutDate = ({ head, body }: { head: string; body: string }) =>
      head.replace(/^date: .*$/im, '') + body;
    const foreign = await ask({ cookie: `__Host-wb_s=eve@${ID}` });
    table.records.clear();
    const absent = await ask({ cookie: `__Host-wb_s=eve@${ID}` });
    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toBe(withoutDate(absent));
  });

  it.each([
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['the Origin of another workbench', { origin: `https://${idAt(T0, 2)}.wb.example` }],
    ['the Origin null', { origin: 'null' }],
    ['a POST of the same site', { 'x-forwarded-method': 'POST', 'sec-fetch-site': 'same-site' }],
    ['a script in a page of the same site', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['a WebSocket of the same site', { 'sec-websocket-key': 'x', 'sec-fetch-site': 'same-site' }],
    ['a WebSocket of another page', { 'sec-websocket-key': 'x', origin: 'https://wb.example' }],
  ])('refuses %s', async (_, headers: Readonly<Record<string, string>>) => {
    const { ask } = await open();
    expect((await ask({ cookie: OWNER, ...headers })).status).toBe(403);
  });

  it('allows a link on a page of the same site', async () => {
    const { ask } = await open();
    const link = {
      'sec-fetch-site': 'same-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await ask({ cookie: OWNER, ...link })).status).toBe(200);
  });

  it('allows the WebSockets and forms of the workbench’s own pages', async () => {
    const { ask } = await open();
    const own = { cookie: OWNER, origin: `https://${HOST}` };
    expect((await ask({ ...own, 'sec-websocket-key': 'x' })).status).toBe(200);
    expect((await ask({ ...own, 'x-forwarded-method': 'POST' })).status).toBe(200);
  });

  it.each([
    ['of another workbench', { 'x-forwarded-host': `${idAt(T0, 2)}.wb.example` }],
    ['of the sign-in', { 'x-forwarded-host': 'wb.example' }],
    ['of another domain', { 'x-forwarded-host': 'evil.example' }],
    ['with another port', { 'x-forwarded-host': `${HOST}:8443` }],
  ])(
    'refuses the host %s, although the route names the workbench',
    async (_, headers: Readonly<Record<string, string>>) => {
      const { ask } = await open();
      const cookie = `${OWNER}; __Host-wb_u=${USER}`;
      expect((await ask({ cookie, ...headers })).status).toBe(404);
    },
  );

  it('refuses the paths of the gate, which are never a workbench’s', async () => {
    const { ask } = await open();
    expect((await ask({ cookie: OWNER, 'x-forwarded-uri': '/.wb/enter?t=x' })).status).toBe(404);
  });

  it('refuses an address that is not that of the record', async () => {
    const { ask, table, timers } = await open();
    expect((await ask({ cookie: OWNER })).status).toBe(200);
    table.put(runningAtUpstream('10.0.0.8:8080'));
    timers.advance(1_000);
    const stale = await ask({ cookie: OWNER });
    expect([stale.status, headerOf(stale, 'retry-after')]).toEqual([503, '2']);
    expect((await ask({ cookie: OWNER }, `/auth/${ID}/10.0.0.8:8080`)).status).toBe(200);
    // A route without an address is not one of Traefik's.
    expect((await ask({ cookie: OWNER }, `/auth/${ID}`)).status).toBe(503);
  });

  it('shows the page of a stopped workbench, and JSON to programs', async () => {
    const { ask, table } = await open();
    table.put(stopped());
    const page = await ask({ cookie: OWNER, ...NAVIGATION });
    expect([page.status, headerOf(page, 'content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(page.body).toContain('The workbench is stopped.');
    const json = await ask({ cookie: OWNER });
    expect([json.status, JSON.parse(json.body).status]).toEqual([503, 'stopped']);
  });

  it('is refused while the session or the record cannot be read', async () => {
    const { ask, table, visitors } = await open();
    table.failing = true;
    expect((await ask({ cookie: OWNER })).status).toBe(503);
    visitors.failing = true;
    expect((await ask({ cookie: OWNER })).status).toBe(503);
  });

  it('may use a connection that has been idle for longer than proxies keep one', async () => {
    const { auth } = await open();
    expect(auth.server.keepAliveTimeout).toBeGreaterThan(90_000);
  });

  it('shows that a person uses the workbench, if it is allowed', async () => {
    const { ask, activity, gate } = await open();
    await ask({});
    expect(await activity.read([ID])).toEqual(new Map());
    await ask({ cookie: OWNER, 'x-forwarded-method': 'POST' });
    await gate.close(0);
    expect([...(await activity.read([ID])).keys()]).toEqual([ID]);
  });

  it('is refused after two seconds without a decision', async () => {
    const { ask, visitors, timers } = await open();
    const begun = Promise.withResolvers<void>();
    visitors.read = () => {
      begun.resolve();
      return new Promise(() => {});
    };
    const response = ask({ cookie: OWNER });
    await begun.promise;
    timers.advance(2_000);
    expect((await response).status).toBe(503);
  });

  it.each(['x-forwarded-method', 'x-forwarded-host', 'x-forwarded-uri'])(
    'is invalid with two values of %s',
    async (name) => {
      const { authPort } = await open();
      const lines = [
        'x-forwarded-method: GET',
        `x-forwarded-host: ${HOST}`,
        'x-forwarded-uri: /',
        `${name}: /x`,
      ];
      const { status } = await sendRaw(
        authPort,
        rawRequest(`GET /auth/${ID}/${UPSTREAM}`, ['host: 127.0.0.1', `cookie: ${OWNER}`, ...lines]),
      );
      expect(status).toBe(400);
    },
  );

  it.each(['/auth', '/auth/', '/auth/no-id', `/auth/${ID}/a/b`, `/other/${ID}`, '/', `/${ID}`])(
    'is unknown at %s',
    async (path) => {
      const { ask } = await open();
      expect((await ask({ cookie: OWNER }, path)).status).toBe(404);
    },
  );

  it('keeps Authorization in local mode without sign-in, and compares hosts and origins', async () => {
    const { ask } = await open('traefik', { open: true });
    const allowed = await ask();
    expect([allowed.status, headerOf(allowed, 'x-workbench-user')]).toEqual([200, undefined]);
    expect((await ask({ 'x-forwarded-host': 'evil.example' })).status).toBe(403);
    expect((await ask({ 'x-forwarded-method': 'POST', origin: 'https://evil.example' })).status).toBe(403);
  });
});

describe('the question of nginx', () => {
  it('gets the address, which needs no route', async () => {
    const { ask } = await open('nginx');
    const response = await ask({ cookie: OWNER });
    expect([response.status, headerOf(response, 'x-wb-upstream')]).toEqual([200, UPSTREAM]);
    expect((await ask({ cookie: OWNER }, `/auth/${ID}/${UPSTREAM}`)).status).toBe(401);
  });

  it('gets 401 for every refusal, without a body', async () => {
    const { ask, table } = await open('nginx');
    const refused = [ask(NAVIGATION), ask({ cookie: OWNER, origin: 'null' }), ask({ cookie: 'x=y' })];
    for (const response of await Promise.all(refused))
      expect([response.status, response.body]).toEqual([401, '']);
    table.put(stopped());
    expect((await ask({ cookie: OWNER, ...NAVIGATION })).status).toBe(401);
    table.failing = true;
    expect((await ask({ cookie: OWNER })).status).toBe(401);
  });

  it('is refused for an address that only the gate can reach', async () => {
    const { ask, table } = await open('nginx');
    table.put(running({ run: acceptedRun({ endpoint: 'http+unix://%2Frun%2Fsocket' }) }));
    expect((await ask({ cookie: OWNER })).status).toBe(401);
  });

  it('has a page for a workbench that nginx could not reach, after the same decision', async () => {
    const { ask, table, timers } = await open('nginx');
    const path = `/unresponsive/${ID}`;
    const page = await ask({ cookie: OWNER, ...NAVIGATION }, path);
    expect([page.status, page.body.includes('nothing responds at its address')]).toEqual([502, true]);
    expect((await ask({}, path)).status).toBe(401);
    expect((await ask({ cookie: `__Host-wb_s=eve@${ID}` }, path)).status).toBe(404);
    table.put(stopped());
    timers.advance(1_000);
    expect((await ask({ cookie: OWNER }, path)).status).toBe(503);
  });

  it('gets no routes', async () => {
    const { ask } = await open('nginx');
    expect((await ask({}, '/routes')).status).toBe(404);
  });
});

describe('a request with a foreign host name', () => {
  it.each(['evil.example:9000', HOST, '127.0.0.1.evil.example'])('%s is refused', async (host) => {
    const { ask } = await open();
    expect((await ask({ host }, '/routes')).status).toBe(403);
    expect((await ask({ host, cookie: OWNER })).status).toBe(403);
  });

  it('is not one with the name of the upstream in nginx.conf', async () => {
    const { ask } = await open('nginx');
    expect((await ask({ host: 'gate_decisions', cookie: OWNER })).status).toBe(200);
  });
});

describe('the routes of Traefik', () => {
  it('are the same bytes for the same table in any order', async () => {
    const { ask, table, timers } = await open();
    const other = running({ workbenchId: idAt(T0, 2), run: acceptedRun({ endpoint: 'http://10.0.0.9:80' }) });
    table.put(other);
    const first = await ask({}, '/routes');
    table.records.clear();
    table.put(other, runningAtUpstream());
    timers.advance(5_000);
    const second = await ask({}, '/routes');
    expect(first.status).toBe(200);
    expect(second.body).toBe(first.body);
    expect(Object.keys(JSON.parse(first.body).http.routers)).toEqual(['gate', 'own', ID, idAt(T0, 2)]);
  });

  it('are 503 while the list cannot be read, so that Traefik keeps those that it has', async () => {
    const { ask, table } = await open();
    table.failing = true;
    expect((await ask({}, '/routes')).status).toBe(503);
    table.failing = false;
    expect((await ask({}, '/routes')).status).toBe(200);
  });

  it('are 503 after two seconds, and the read is not begun a second time', async () => {
    const { ask, running: source, timers } = await open();
    const list = Promise.withResolvers<readonly []>();
    const begun = Promise.withResolvers<void>();
    source.list = () => {
      begun.resolve();
      return list.promise;
    };
    const slow = ask({}, '/routes');
    await begun.promise;
    timers.advance(2_000);
    expect((await slow).status).toBe(503);
    const before = timers.scheduledCount;
    const next = ask({}, '/routes');
    await expect.poll(() => timers.scheduledCount).toBe(before + 1);
    list.resolve([]);
    expect((await next).status).toBe(200);
    expect(source.lists).toBe(1);
  });

  it('are read at most once a second', async () => {
    const { ask, running: source, timers } = await open();
    await Promise.all([ask({}, '/routes'), ask({}, '/routes')]);
    timers.advance(999);
    await ask({}, '/routes');
    expect(source.lists).toBe(1);
    timers.advance(1);
    await ask({}, '/routes');
    expect(source.lists).toBe(2);
  });

  it('leave out the newest beyond a thousand, and say so once a minute', async () => {
    const { ask, table, timers, telemetry } = await open();
    for (let n = 2; n <= 1_002; n += 1)
      table.put(running({ workbenchId: idAt(T0, n), run: acceptedRun({ endpoint: 'http://10.0.0.9:80' }) }));
    const routers = Object.keys(JSON.parse((await ask({}, '/routes')).body).http.routers);
    expect(routers).toHaveLength(1_002);
    expect([routers.includes(idAt(T0, 1_000)), routers.includes(idAt(T0, 1_001))]).toEqual([true, false]);
    timers.advance(1_000);
    await ask({}, '/routes');
    const warnings = () => telemetry.lines.filter(({ level }) => level === 'warn');
    expect(warnings()).toMatchObject([{ fields: { leftOut: 2 } }]);
    timers.advance(60_000);
    await ask({}, '/routes');
    expect(warnings()).toHaveLength(2);
  });
});
