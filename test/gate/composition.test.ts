import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { bucketOf } from '#core/workbench/start-times.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { COOKIES } from '#gate/session/cookies.ts';
import { starting, stopped } from '#test/builders/workbench.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { HostClient, type HostResponse } from './host-client.ts';
import {
  BASE_URL,
  COMPOSITIONS,
  composeWithSecret,
  cookieValueOf,
  openComposedGate,
  originOf,
  startWorkbench,
} from './open-composed-gate.ts';

const MINUTE = 60_000;

const SIGN_IN_PATHS = ['/.wb/login', '/.wb/callback', '/.wb/signed-out', '/.wb/backchannel-logout'];

/** Paths of the gate, and one that does not exist. */
const PATHS = [
  ...SIGN_IN_PATHS,
  '/.wb/health',
  '/.wb/reachable',
  '/.wb/logout',
  '/.wb/account',
  '/.wb/enter',
  '/.wb/start',
  '/.wb/stop',
  '/.wb/stop-notice',
  '/.wb/none',
];

async function openWebSocket(port: number, workbench: Workbench, cookie: string): Promise<WebSocket> {
  const { host } = new URL(originOf(workbench));
  const client = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { host, cookie } });
  onTestFinished(() => client.terminate());
  await once(client, 'open');
  return client;
}

function locationOf({ status, headers }: HostResponse, base?: string): URL {
  if (headers.location === undefined) throw new Error(`no redirect, but ${status}`);
  return new URL(headers.location, base);
}

describe.each(COMPOSITIONS)('the gate %s', (_name, compose) => {
  test('starts a stopped workbench by its form and, since the setting says so, by a visit', async () => {
    const { browserOf, commands, table } = await openComposedGate(compose);
    const workbench = stopped();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const url = `${originOf(workbench)}/`;
    await browser.post(`${url}.wb/start`, { back: '/' });
    expect(commands).toEqual([`start ${workbench.userId} ${workbench.workbenchId}`]);
    await browser.get(url, { 'sec-fetch-user': '?1' });
    expect(commands.length).toBe(2);
  });

  test('shows on the page of a start how long such starts usually take', async () => {
    const { browserOf, startTimes, table, timers } = await openComposedGate(compose);
    await startTimes.add({ kind: 'first', tookMs: 20_000, at: timers.now() }, bucketOf(20_000));
    const workbench = starting();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const url = `${originOf(workbench)}/`;
    // No page waits for it: one of the next has it.
    await expect.poll(async () => (await browser.get(url)).body).toContain('Such starts usually take ');
  });

  test('shows in a document when and why its workbench stops, which is no use of it', async () => {
    const { activity, audit, browserOf, close, table, timers } = await openComposedGate(compose);
    const workbench = await startWorkbench((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><html><head></head></html>'),
    );
    table.put({ ...workbench, lifeEndsAt: timers.now() + 5 * MINUTE } as Workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const url = originOf(workbench);
    const inPage = {
      accept: '*/*',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
    };
    const notice = await browser.get(`${url}/.wb/stop-notice`, inPage);
    expect(JSON.parse(notice.body)).toMatchObject({ kind: 'max_life', seconds: 300 });
    expect(audit.events).toEqual([]);
    expect((await browser.get(`${url}/.wb/stop-notice.js`, inPage)).status).toBe(200);
    const explained = await browser.get(`${url}/.wb/idle-stop`);
    expect([explained.status, explained.body]).toEqual([200, expect.stringContaining('how do I keep it')]);
    // A page of another origin learns nothing: it gets no response, or one that its browser keeps from it.
    const ofForeignPage = { ...inPage, 'sec-fetch-site': 'same-site' };
    const foreign = await browser.get(`${url}/.wb/stop-notice`, { ...ofForeignPage, origin: BASE_URL });
    expect(foreign.status).toBe(403);
    const opaque = await browser.get(`${url}/.wb/stop-notice`, {
      ...ofForeignPage,
      'sec-fetch-mode': 'no-cors',
    });
    expect(opaque.headers['cross-origin-resource-policy']).toBe('same-origin');
    await close();
    expect(await activity.read([workbench.workbenchId])).toEqual(new Map());
  });

  test('puts the script of the notice into the documents of a workbench', async () => {
    const { browserOf, table } = await openComposedGate(compose);
    const workbench = await startWorkbench((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><html><head></head></html>'),
    );
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    expect((await browser.get(originOf(workbench))).body).toBe(
      '<!doctype html><html><head><script async src="/.wb/stop-notice.js"></script></head></html>',
    );
  });

  test('notes the data of a WebSocket as activity, and writes it when it ends', async () => {
    const { activity, browserOf, close, port, table, timers } = await openComposedGate(compose);
    const workbench = await startWorkbench();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const client = await openWebSocket(port, workbench, browser.cookiesOf(originOf(workbench)));
    expect(await activity.read([workbench.workbenchId])).toEqual(new Map());
    client.send('a key');
    await once(client, 'message');
    const closed = once(client, 'close');
    await close();
    expect((await closed)[0]).toBe(1001);
    expect(await activity.read([workbench.workbenchId])).toEqual(
      new Map([[workbench.workbenchId, timers.now()]]),
    );
  });

  test('ends the WebSocket of a user who has signed out elsewhere', async () => {
    const { browserOf, cutoffs, port, table, timers } = await openComposedGate(compose);
    const workbench = await startWorkbench();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const client = await openWebSocket(port, workbench, browser.cookiesOf(originOf(workbench)));
    let code: number | undefined;
    client.once('close', (reason: number) => {
      code = reason;
    });
    await timers.advanceAsync(1_500);
    await cutoffs.raise(workbench.userId, timers.now());
    await timers.advanceAsync(4_500);
    await eventually(waitRealStep, 'the WebSocket ends', () => code !== undefined);
    expect(code).toBe(1008);
  });

  test('reports that it ends, and serves requests until the load balancer has noticed', async () => {
    const { browserOf, gate, port, table, timers } = await openComposedGate(compose);
    const workbench = await startWorkbench();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const health = async () => (await new HostClient(port).get('http://10.0.1.5:8080/.wb/health')).status;
    expect(await health()).toBe(200);
    const ended = gate.close({ delayMs: 25_000, spreadMs: 0, graceMs: 0 });
    expect(await health()).toBe(503);
    expect((await browser.get(originOf(workbench))).status).toBe(200);
    await timers.advanceAsync(25_000);
    await ended;
    await expect(health()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('says who is signed in on each of its pages, and leads to the button that signs out', async () => {
    const { browserOf, table, timers } = await openComposedGate(compose);
    const workbench = stopped();
    table.put(workbench);
    const browser = await browserOf('ada<b>', workbench);
    const origin = originOf(workbench);
    const shown = 'Signed in as <b><bdi>ada&#60;b&#62;</bdi></b> · <a href="/.wb/account">Sign out</a>';
    expect(await browser.get(origin)).toMatchObject({ status: 404, body: expect.stringContaining(shown) });
    table.put({ ...workbench, userId: 'ada<b>' });
    await timers.advanceAsync(1_000);
    expect(await browser.get(origin)).toMatchObject({ status: 503, body: expect.stringContaining(shown) });
    const account = await browser.get(`${origin}/.wb/account`);
    expect([account.status, account.body]).toEqual([
      200,
      expect.stringContaining('<bdi>ada&#60;b&#62;</bdi>'),
    ]);
    expect(account.body).toContain(`<a href="/">${workbench.workbenchId}</a>`);
    expect(account.body).toContain('<form method="post" action="/.wb/logout">');
    // The sign-out leads to the issuer and back to the sign-in host.
    expect(account.headers['content-security-policy']).toContain(`; form-action 'self' https: ${BASE_URL}; `);
    expect(account.headers['cache-control']).toBe('no-store');
  });

  test('does not show who is signed in to pages of other origins', async () => {
    const { browserOf, table } = await openComposedGate(compose);
    const workbench = await startWorkbench();
    table.put(workbench);
    const browser = await browserOf(workbench.userId, workbench);
    const account = `${originOf(workbench)}/.wb/account`;
    for (const origin of ['https://evil.example', BASE_URL, 'https://app.example.com']) {
      const { status, body } = await browser.get(account, { origin });
      expect([origin, status, body]).toEqual([origin, 403, expect.not.stringContaining('Sign out')]);
    }
    // A link on another page leads there, and no page of a workbench is changed.
    expect((await browser.get(account, { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    expect((await browser.get(originOf(workbench))).body).toBe('the workbench');
  });

  test('records the first request of a session and the refusal of another user', async () => {
    const { audit, browserOf, table } = await openComposedGate(compose);
    const workbench = await startWorkbench();
    const { workbenchId, userId } = workbench;
    table.put(workbench);
    const owner = await browserOf(userId, workbench);
    const other = await browserOf('eve', workbench);
    for (let n = 0; n < 3; n += 1) {
      expect((await owner.get(originOf(workbench))).status).toBe(200);
      expect((await other.get(originOf(workbench))).status).toBe(404);
    }
    const common = { action: 'enter_workbench', workbenchId, ownerId: userId };
    expect(audit.events).toHaveLength(2);
    expect(audit.events).toContainEqual(
      expect.objectContaining({ ...common, outcome: 'allowed', actor: { kind: 'user', id: userId } }),
    );
    expect(audit.events).toContainEqual(
      expect.objectContaining({
        ...common,
        outcome: 'refused',
        reason: 'no_role',
        actor: { kind: 'user', id: 'eve' },
      }),
    );
  });

  test('admits tickets only, if there is no issuer', async () => {
    const { port, table } = await openComposedGate(compose, 'tickets');
    const workbench = await startWorkbench();
    table.put(workbench);
    const browser = new HostClient(port);
    expect((await browser.get(originOf(workbench))).status).toBe(401);
    expect((await browser.get(`${BASE_URL}/.wb/login`)).status).toBe(404);
    const refused = await browser.get(`${originOf(workbench)}/.wb/enter?t=none&p=/`);
    expect([refused.status, refused.body]).toEqual([403, expect.not.stringContaining('Sign in')]);
  });
});

test.each(['issuer', 'tickets'] as const)('both gates have the same paths with %s', async (signIn) => {
  const statuses = await Promise.all(
    COMPOSITIONS.map(async ([, compose]) => {
      const { port } = await openComposedGate(compose, signIn);
      const urls = [BASE_URL, originOf(stopped())].flatMap((origin) =>
        PATHS.map((path) => `${origin}${path}`),
      );
      return Promise.all(urls.map(async (url) => [url, (await new HostClient(port).get(url)).status]));
    }),
  );
  expect(statuses[0]).toEqual(statuses[1]);
  const known = PATHS.filter((path) =>
    statuses[0]?.some(([url, status]) => String(url).endsWith(path) && status !== 404),
  );
  const isExpected = (path: string) =>
    path !== '/.wb/none' && (signIn === 'issuer' || !SIGN_IN_PATHS.includes(path));
  expect(known).toEqual(PATHS.filter(isExpected));
});

/** Opens a gate at which a browser has signed in with the secret and has opened the workbench. */
async function signInWithSecret(addressMode: 'host' | 'prefix') {
  const gate = await openComposedGate(composeWithSecret(addressMode));
  const workbench = await startWorkbench((_request, response) =>
    response.writeHead(200, { 'set-cookie': ['of=workbench', 'and=another'] }).end('the workbench'),
  );
  gate.table.put(workbench);
  const browser = new HostClient(gate.port);
  const url =
    addressMode === 'host'
      ? `${originOf(workbench)}/lab?x=1`
      : `${BASE_URL}/project/${workbench.workbenchId}/lab?x=1`;
  const toLogin = await browser.get(url);
  const login = locationOf(toLogin);
  const form = await browser.get(login);
  expect([toLogin.status, form.status]).toEqual([302, 200]);
  const fields = Object.fromEntries(login.searchParams);
  const back = await browser.post(`${BASE_URL}/.wb/login`, { ...fields, secret: 'a-secret' });
  return { ...gate, browser, back, url, workbench };
}

describe('a sign-in that the browser itself began', () => {
  test('leads to the deep link without a click, and the second time without a form', async () => {
    const { browser, back, url } = await signInWithSecret('host');
    const entered = await browser.get(locationOf(back));
    expect([back.status, entered.status, String(locationOf(entered, url))]).toEqual([303, 303, url]);
    expect((await browser.get(url)).status).toBe(200);
    // The session of the workbench is gone, that of the sign-in host is not.
    browser.setCookie(url, COOKIES.workbench, '');
    const login = await browser.get(url);
    const again = await browser.get(locationOf(login));
    const page = await browser.get(locationOf(again));
    expect([login.status, again.status, page.status]).toEqual([302, 303, 303]);
    expect((await browser.get(url)).status).toBe(200);
  });

  test('ends with a ticket that no other browser can use', async () => {
    const { back, browser, port, url } = await signInWithSecret('host');
    const thief = new HostClient(port);
    await thief.get(url);
    const refused = await thief.get(locationOf(back));
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('no longer valid')]);
    expect(thief.cookiesOf(url)).not.toContain(COOKIES.workbench);
    // It is used up.
    expect((await browser.get(locationOf(back))).status).toBe(403);
  });
});

describe('the session of the sign-in host', () => {
  test('is renewed by the requests for workbenches below a prefix, for 8 hours', async () => {
    const { browser, timers, url } = await signInWithSecret('prefix');
    for (let minutes = 0; minutes < 8 * 60 - 20; minutes += 20) {
      await timers.advanceAsync(20 * MINUTE);
      const { status, headers } = await browser.get(url);
      expect([status, headers['set-cookie']?.slice(0, 2)]).toEqual([
        200,
        [expect.stringContaining('of=workbench'), expect.stringContaining('and=another')],
      ]);
    }
    await timers.advanceAsync(21 * MINUTE);
    expect((await browser.get(url)).status).toBe(302);
  });

  test('keeps a WebSocket open while other requests renew it, and ends it an hour later', async () => {
    const { browser, port, timers, url, workbench } = await signInWithSecret('prefix');
    const client = new WebSocket(`ws://127.0.0.1:${port}/project/${workbench.workbenchId}/socket`, {
      headers: { host: new URL(BASE_URL).host, cookie: browser.cookiesOf(url) },
    });
    onTestFinished(() => client.terminate());
    await once(client, 'open');
    let code: number | undefined;
    client.once('close', (reason: number) => {
      code = reason;
    });
    for (let count = 0; count < 3; count += 1) {
      await timers.advanceAsync(30 * MINUTE);
      expect((await browser.get(url)).status).toBe(200);
    }
    const echoed = once(client, 'message');
    client.send('a key');
    await echoed;
    await timers.advanceAsync(61 * MINUTE);
    await eventually(waitRealStep, 'the WebSocket ends', () => code !== undefined);
    expect(code).toBe(1008);
  });

  test('is not renewed by a tab that is open and asks when its workbench stops', async () => {
    const { browser, timers, url, workbench } = await signInWithSecret('prefix');
    const asked = `${BASE_URL}/project/${workbench.workbenchId}/.wb/stop-notice`;
    for (let minutes = 0; minutes < 60; minutes += 15) {
      const { status, headers } = await browser.get(asked);
      expect([status, headers['set-cookie']]).toEqual([200, undefined]);
      await timers.advanceAsync(15 * MINUTE);
    }
    expect((await browser.get(asked)).status).toBe(401);
    expect((await browser.get(url)).status).toBe(302);
  });

  test('ends an hour after its last use', async () => {
    const { browser, timers, url } = await signInWithSecret('prefix');
    await timers.advanceAsync(61 * MINUTE);
    expect((await browser.get(url)).status).toBe(302);
  });

  test('is renewed by a sign-in for a further workbench on a host of its own', async () => {
    const { browser, timers, url } = await signInWithSecret('host');
    const login = `${BASE_URL}/.wb/login?${new URLSearchParams({ rd: url })}`;
    for (let count = 0; count < 3; count += 1) {
      await timers.advanceAsync(50 * MINUTE);
      const { status, headers } = await browser.get(login);
      expect(status).toBe(303);
      expect(cookieValueOf(headers['set-cookie']?.[0] ?? '')).not.toBe('');
    }
  });

  test('is not renewed by a sign-out, which ends it', async () => {
    const { browser, timers, url, workbench } = await signInWithSecret('prefix');
    await timers.advanceAsync(20 * MINUTE);
    await browser.post(`${BASE_URL}/project/${workbench.workbenchId}/.wb/logout`, {});
    expect(browser.cookiesOf(url)).not.toContain(COOKIES.signIn);
    expect((await browser.get(url)).status).toBe(302);
  });
});

describe('the account page', () => {
  test.each(['host', 'prefix'] as const)(
    'says until when the session lasts, and signs out: %s',
    async (mode) => {
      const { browser, back, timers, url, workbench } = await signInWithSecret(mode);
      if (mode === 'host') await browser.get(locationOf(back));
      const since = timers.now();
      const prefix = mode === 'host' ? originOf(workbench) : `${BASE_URL}/project/${workbench.workbenchId}`;
      const pages = [`${BASE_URL}/.wb/account`, `${prefix}/.wb/account`];
      for (const [index, page] of pages.entries()) {
        const { status, body, headers } = await browser.get(page);
        expect([page, status]).toEqual([page, 200]);
        for (const time of [since, since + 8 * 60 * MINUTE])
          expect(body).toContain(`<time datetime="${new Date(time).toISOString()}">`);
        // Only the session on a workbench's own host does not depend on its use.
        expect(body.includes('for an hour')).toBe(index === 0 || mode === 'prefix');
        expect(body.includes(workbench.workbenchId)).toBe(index === 1);
        expect(headers['content-security-policy']).toContain("; form-action 'self'; ");
      }
      const { body } = await browser.get(pages[1] ?? '');
      const action = /<form method="post" action="([^"]+)">/.exec(body)?.[1] ?? '';
      expect((await browser.post(new URL(action, url), {})).body).toContain('You are signed out');
      expect((await browser.get(url)).status).toBe(302);
      expect((await browser.get(pages[0] ?? '')).status).toBe(401);
      const signedOut = await browser.get(pages[1] ?? '');
      expect(signedOut.status).toBe(401);
      const link = /<a href="([^"]+)">Sign in<\/a>/.exec(signedOut.body)?.[1] ?? '';
      expect((await browser.get(new URL(link, url))).headers.location).toContain('/.wb/login?');
    },
  );

  test('offers no sign-in where only tickets admit', async () => {
    const { port } = await openComposedGate(COMPOSITIONS[0]?.[1] as never, 'tickets');
    const { status, body } = await new HostClient(port).get(`${originOf(stopped())}/.wb/account`);
    expect([status, body]).toEqual([401, expect.not.stringContaining('<a ')]);
  });
});
