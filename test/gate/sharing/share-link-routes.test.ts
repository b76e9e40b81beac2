import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { gateAddressOf, signInUrlOf } from '#core/gate/gate-host.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { respond } from '#gate/pages/responses.ts';
import type { LinkResult } from '#gate/ports.ts';
import { COOKIES } from '#gate/session/cookies.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { UNKNOWN_TICKETS_MAX, UNKNOWN_TICKETS_WINDOW_MS } from '#gate/session/ticket-attempts.ts';
import { ShareLinkRoutes } from '#gate/sharing/share-link-routes.ts';
import { withLinks } from '#test/functions/api/with-links.ts';
import type { CallResult } from '#test/functions/call-api.ts';
import { HostClient, type HostResponse } from '#test/gate/host-client.ts';
import { openSignedInGate } from '#test/gate/open-signed-in-gate.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const ORIGIN = 'https://wb.example';
const ACCEPT = `${ORIGIN}/.wb/share/accept`;
const SHARE = `${ORIGIN}/.wb/share`;
const CONTINUE = `${ORIGIN}/.wb/share/continue`;

/** A gate whose links are those of the real API. */
async function open({ hasSignIn = true }: { readonly hasSignIn?: boolean } = {}) {
  const api = await withLinks();
  const clock = new ManualClock();
  const address = gateAddressOf(new URL(ORIGIN), 'host');
  const keys = createSealKeys('k'.repeat(32));
  const pages = new PageRenderer(DEFAULT_LOOK);
  const redeemed: string[] = [];
  let isFailing = false;
  const toResult = ({ status, body }: CallResult): LinkResult =>
    status === 200
      ? { kind: 'found', link: body.item }
      : { kind: 'refused', status, message: body.error.message };
  const { routes } = new ShareLinkRoutes({
    commands: {
      previewLink: async (user, code) =>
        isFailing ? { kind: 'unavailable' } : toResult(await api.preview(user, code)),
      async redeemLink(user, code) {
        redeemed.push(user);
        return isFailing ? { kind: 'unavailable' } : toResult(await api.redeem(user, code));
      },
    },
    seal: new Seal(async () => keys, clock),
    address: () => address,
    signInUrl: (url) => (hasSignIn ? signInUrlOf(address, url) : undefined),
    show: ({ request, response }, page) => respond(request, response, page, pages),
    clientAddress: ({ socket }) => socket.remoteAddress ?? '',
    clock,
  });
  const gate = await openSignedInGate({ ownRoutes: routes });
  const browserOf = (userId?: string) => {
    const browser = new HostClient(gate.port);
    if (userId !== undefined) browser.setCookie(ORIGIN, COOKIES.signIn, userId);
    return browser;
  };
  const created = await api.create({ role: 'use', uses: 2 });
  const { code, link_id: linkId }: { readonly code: string; readonly link_id: string } = created.body.item;
  const setFailing = (value: boolean) => {
    isFailing = value;
  };
  return { ...gate, api, browserOf, code, linkId, redeemed, clock, setFailing };
}

/** The value of the hidden field of a page. */
function sealedIn({ body }: HostResponse): string {
  return /name="c" value="([^"]+)"/.exec(body)?.[1] ?? '';
}

describe('a user who is signed in', () => {
  it('gets a share by a click on the page that says who shares what', async () => {
    const { browserOf, code, api, redeemed } = await open();
    const bob = browserOf('bob');
    const asked = await bob.get(SHARE);
    expect(asked.status).toBe(200);
    expect(asked.body).toContain(`<form method="post" action="/.wb/share">`);
    const page = await bob.post(SHARE, { code });
    expect(page.status).toBe(200);
    for (const text of ['<bdi>ada</bdi>', '<bdi>bob</bdi>', 'You may open it and see its status.'])
      expect(page.body).toContain(text);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect([await api.shareOf('bob'), redeemed]).toEqual([undefined, []]);
    const accepted = await bob.post(ACCEPT, { c: sealedIn(page) });
    expect(accepted.status).toBe(200);
    expect(accepted.body).toContain(`href="https://${api.key.workbenchId}.wb.example/"`);
    expect(await api.shareOf('bob')).toMatchObject({ role: 'use' });
    // A click again, and the link again, change nothing.
    expect((await bob.post(ACCEPT, { c: sealedIn(page) })).status).toBe(200);
    expect((await bob.post(SHARE, { code })).body).toContain('You may open this workbench already');
    expect((await api.links()).body.items).toMatchObject([{ uses_left: 1 }]);
  });

  it('may paste the whole address', async () => {
    const { browserOf, code } = await open();
    expect((await browserOf('bob').post(SHARE, { code: ` ${SHARE}#${code}\n` })).status).toBe(200);
  });

  it('learns that a link was used up, is unknown or was revoked since the page', async () => {
    const { browserOf, code, api, linkId } = await open();
    const page = await browserOf('bob').post(SHARE, { code });
    for (const user of ['eve', 'mallory']) await api.redeem(user, code);
    const late = await browserOf('bob').post(ACCEPT, { c: sealedIn(page) });
    expect([late.status, late.body.includes('as often as it may be')]).toEqual([404, true]);
    await api.revoke(linkId);
    const revoked = await browserOf('bob').post(SHARE, { code });
    expect([revoked.status, revoked.body.includes('no such link')]).toEqual([404, true]);
    expect((await browserOf('bob').post(SHARE, { code: 'x' })).status).toBe(400);
    expect(await api.shareOf('bob')).toBeUndefined();
  });

  it('gets a page if the API does not respond', async () => {
    const { browserOf, code, setFailing } = await open();
    setFailing(true);
    expect((await browserOf('bob').post(SHARE, { code })).status).toBe(503);
  });
});

describe('a user who is not signed in', () => {
  it('signs in first, and then gets the page for the link', async () => {
    const { browserOf, code } = await open();
    const browser = browserOf();
    const refused = await browser.post(SHARE, { code });
    expect(refused.status).toBe(401);
    expect(refused.body).toContain(`/.wb/login?rd=${encodeURIComponent(CONTINUE)}`);
    expect(refused.body).not.toContain(code);
    expect((await browser.get(CONTINUE)).status).toBe(401);
    browser.setCookie(ORIGIN, COOKIES.signIn, 'bob');
    const page = await browser.get(CONTINUE);
    expect(sealedIn(page)).not.toBe('');
    expect((await browser.post(ACCEPT, { c: sealedIn(page) })).status).toBe(200);
    // The cookie is gone.
    expect((await browser.get(CONTINUE)).body).toContain('name="code"');
  });

  it('has ten minutes', async () => {
    const { browserOf, code, clock } = await open();
    const browser = browserOf();
    await browser.post(SHARE, { code });
    browser.setCookie(ORIGIN, COOKIES.signIn, 'bob');
    clock.advance(10 * 60_000);
    expect((await browser.get(CONTINUE)).body).toContain('name="code"');
  });

  it('gets no sign-in where only frontends open workbenches', async () => {
    const { browserOf, code } = await open({ hasSignIn: false });
    const { status, body } = await browserOf().post(SHARE, { code });
    expect([status, body.includes('/.wb/login')]).toEqual([401, false]);
  });
});

describe('an attacker', () => {
  it('cannot click for a user: with a form of another page, a script, or a frame', async () => {
    const { browserOf, code, port, redeemed } = await open();
    const bob = browserOf('bob');
    const c = sealedIn(await bob.post(SHARE, { code }));
    const send = (headers: Readonly<Record<string, string>>, path = '/.wb/share/accept') =>
      sendForm(port, path, { c, code }, { cookie: bob.cookiesOf(ORIGIN), ...headers });
    const click = {
      ...{ origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
      ...{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    };
    for (const path of ['/.wb/share/accept', '/.wb/share']) {
      for (const [headers, status] of [
        [{ ...click, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
        [{ ...click, origin: `https://${'0'.repeat(26)}.wb.example`, 'sec-fetch-site': 'same-site' }, 403],
        [{ ...click, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 400],
        [{ ...click, 'sec-fetch-dest': 'iframe', 'sec-fetch-user': '?1' }, 400],
        [{}, 400],
      ] as const)
        expect(`${path} ${await send(headers, path)}`).toBe(`${path} ${status}`);
    }
    expect(redeemed).toEqual([]);
    expect(await send(click)).toBe(200);
  });

  it('cannot give the page of one user to another, nor make one', async () => {
    const { browserOf, code, redeemed } = await open();
    const c = sealedIn(await browserOf('bob').post(SHARE, { code }));
    expect((await browserOf('eve').post(ACCEPT, { c })).status).toBe(403);
    expect((await browserOf().post(ACCEPT, { c })).status).toBe(403);
    const bob = browserOf();
    await bob.post(SHARE, { code });
    // What was sealed for the cookie is no form.
    const cookie = /__Host-wb_h=([^;]+)/.exec(bob.cookiesOf(ORIGIN))?.[1] ?? '';
    bob.setCookie(ORIGIN, COOKIES.signIn, 'bob');
    for (const forged of [cookie, code, `${c}x`, ''])
      expect((await bob.post(ACCEPT, { c: forged })).status).toBe(403);
    expect(redeemed).toEqual([]);
  });

  it('may guess as many links as unknown tickets in a minute, and blocks no valid one of others', async () => {
    const { browserOf, code, clock, api } = await open();
    const eve = browserOf('eve');
    const guess = `${code.slice(0, -43)}${'A'.repeat(43)}`;
    for (let n = 0; n < UNKNOWN_TICKETS_MAX; n += 1)
      expect((await eve.post(SHARE, { code: guess })).status).toBe(404);
    expect((await eve.post(SHARE, { code: guess })).status).toBe(429);
    expect((await eve.post(SHARE, { code })).status).toBe(429);
    expect(await api.shareOf('eve')).toBeUndefined();
    clock.advance(UNKNOWN_TICKETS_WINDOW_MS);
    for (let n = 0; n < UNKNOWN_TICKETS_MAX + 1; n += 1)
      expect((await browserOf('bob').post(SHARE, { code })).status).toBe(200);
  });

  it('finds no code in the log', async () => {
    const { browserOf, code, telemetry, setFailing } = await open();
    const page = await browserOf('bob').post(SHARE, { code });
    await browserOf('bob').post(ACCEPT, { c: sealedIn(page) });
    setFailing(true);
    await browserOf('bob').post(SHARE, { code });
    expect(JSON.stringify(telemetry)).not.toContain(code.split('.')[2]);
  });

  it('finds the page on no host of a workbench, whose scripts could read it', async () => {
    const { browserOf, api } = await open();
    const url = `https://${api.key.workbenchId}.wb.example/.wb/share`;
    expect((await browserOf('bob').get(url)).status).toBe(404);
  });
});

/** Sends a form with these headers alone. */
async function sendForm(
  port: number,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    request({
      ...{ host: '127.0.0.1', port, method: 'POST', path },
      headers: { host: 'wb.example', ...type, ...headers },
    })
      .once('error', reject)
      .once('response', (response) => resolve(response.resume().statusCode ?? 0))
      .end(String(new URLSearchParams(fields)));
  });
}
