import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SECRET_WINDOW_MS,
  WRONG_SECRETS_MAX,
  WRONG_SECRETS_OF_ALL_MAX,
} from '#gate/sign-in/secret-attempts.ts';
import { SECRET_USER, SecretSignIn } from '#gate/sign-in/secret-sign-in.ts';
import { Browser, locationOf } from './browser.ts';
import { type SignInHost, startSignInHost, WID } from './sign-in-host.ts';

const SECRET = 'correct-horse-battery-staple';

let host: SignInHost;
let browser: Browser;

beforeEach(async () => {
  browser = new Browser();
  host = await startSignInHost(
    'host',
    (parts) => new SecretSignIn({ ...parts, trustedHops: 1, secret: SECRET }).routes,
  );
});

afterEach(() => host.close());

function send(secret: string, rd = host.workbenchUrl('/lab')): Promise<Response> {
  return browser.post(`${host.origin}/.wb/login`, { rd, secret });
}

describe('the sign-in with the secret', () => {
  it('asks for it in a form that may lead to the workbench', async () => {
    const response = await browser.get(host.loginUrl(host.workbenchUrl('/lab')));
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('<form method="post" action="/.wb/login">');
    expect(page).toContain(`value="${host.workbenchUrl('/lab')}"`);
    expect(page).not.toContain(SECRET);
  });

  it('leads to the workbench with a ticket of an administrator', async () => {
    const location = locationOf(await send(SECRET));
    expect(location.searchParams.get('p')).toBe('/lab');
    const hash = createHash('sha256')
      .update(location.searchParams.get('t') ?? '')
      .digest('base64url');
    expect(await host.tickets.burn(hash)).toMatchObject({
      userId: SECRET_USER,
      admin: true,
      workbenchId: WID,
    });
    const next = locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/next'))));
    expect(next.pathname).toBe('/.wb/enter');
  });

  it('leads back to the page of a link, without a ticket', async () => {
    const url = `${host.origin}/.wb/share/continue`;
    expect(await (await browser.get(host.loginUrl(url))).text()).toContain(`value="${url}"`);
    expect(locationOf(await send(SECRET, url)).href).toBe(url);
    expect(locationOf(await browser.get(host.loginUrl(url))).href).toBe(url);
  });

  it('begins a session although a clock that was ahead has stored a cutoff in the future', async () => {
    await host.cutoffs.raise(SECRET_USER, host.clock.now() + 60_000);
    await send(SECRET);
    const next = locationOf(await browser.get(host.loginUrl(host.workbenchUrl('/next'))));
    expect(next.pathname).toBe('/.wb/enter');
  });

  it('binds the ticket to the browser that asked for the workbench', async () => {
    const binding = 'b'.repeat(43);
    const page = await browser.get(`${host.loginUrl(host.workbenchUrl())}&b=${binding}`);
    expect(await page.text()).toContain(`name="b" value="${binding}"`);
    const fields = { rd: host.workbenchUrl(), b: binding, secret: SECRET };
    const location = locationOf(await browser.post(`${host.origin}/.wb/login`, fields));
    const hash = createHash('sha256')
      .update(location.searchParams.get('t') ?? '')
      .digest('base64url');
    expect(await host.tickets.burn(hash)).toMatchObject({ browser: binding });
  });

  it('refuses every other secret', async () => {
    for (const secret of ['', SECRET.slice(1), `${SECRET}.`, SECRET.toUpperCase()]) {
      const response = await send(secret);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('not the secret');
    }
    expect(browser.cookiesOf(host.origin)).toEqual([]);
  });

  it('ignores white space around the secret, as a terminal may copy it', async () => {
    expect((await send(` ${SECRET}\r\n`)).status).toBe(303);
  });

  it('takes no secret from a URL', async () => {
    const url = `${host.loginUrl(host.workbenchUrl())}&secret=${SECRET}`;
    expect((await browser.get(url)).status).toBe(200);
    expect((await browser.post(url, { rd: host.workbenchUrl(), secret: '' })).status).toBe(403);
    expect(browser.cookiesOf(host.origin)).toEqual([]);
  });

  it('refuses all secrets for the rest of a minute with ten wrong ones', async () => {
    await send('wrong');
    host.clock.advance(SECRET_WINDOW_MS - 1);
    for (let count = 1; count < WRONG_SECRETS_MAX; count += 1) await send('wrong');
    expect(host.failures).toEqual(Array(WRONG_SECRETS_MAX).fill('wrong_secret'));
    const response = await send(SECRET);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    host.clock.advance(1);
    expect((await send(SECRET)).status).toBe(303);
  });

  it('refuses the wrong secrets of one address, and not the right one of another', async () => {
    const sendFrom = (address: string, secret: string) =>
      browser.post(`${host.origin}/.wb/login`, { rd: host.workbenchUrl(), secret }, address);
    for (let count = 0; count < WRONG_SECRETS_MAX; count += 1) await sendFrom('10.0.0.1', 'wrong');
    expect((await sendFrom('10.0.0.1', SECRET)).status).toBe(429);
    // What a client writes into the header itself is no address.
    expect((await sendFrom('10.0.0.9, 10.0.0.1', SECRET)).status).toBe(429);
    expect((await sendFrom('10.0.0.2', SECRET)).status).toBe(303);
  });

  it('lets a browser in that has entered the secret before, also while others at its address are refused', async () => {
    expect((await send(SECRET)).status).toBe(303);
    browser.deleteCookie(host.origin, '__Host-wb_u');
    const neighbour = new Browser();
    const url = `${host.origin}/.wb/login`;
    for (let count = 0; count < WRONG_SECRETS_MAX; count += 1)
      await neighbour.post(url, { rd: host.workbenchUrl(), secret: 'wrong' });
    neighbour.setCookie(host.origin, '__Host-wb_k', 'forged');
    expect((await neighbour.post(url, { rd: host.workbenchUrl(), secret: SECRET })).status).toBe(429);
    expect((await send(SECRET)).status).toBe(303);
    // It has ten wrong secrets of its own.
    for (let count = 0; count < WRONG_SECRETS_MAX; count += 1) expect((await send('wrong')).status).toBe(403);
    expect((await send(SECRET)).status).toBe(429);
  });

  it('delays the right secret of a new browser while many addresses send wrong ones', async () => {
    for (let n = 0; n < WRONG_SECRETS_OF_ALL_MAX; n += 1)
      await browser.post(`${host.origin}/.wb/login`, { rd: host.workbenchUrl(), secret: '' }, `10.0.0.${n}`);
    const sent = send(SECRET);
    await expect.poll(() => host.clock.scheduledCount).toBe(1);
    host.clock.advance(SECRET_WINDOW_MS / WRONG_SECRETS_OF_ALL_MAX);
    expect((await sent).status).toBe(303);
  });

  it('refuses pages of other origins', async () => {
    const response = await fetch(`${host.origin}/.wb/login`, {
      method: 'POST',
      body: new URLSearchParams({ rd: host.workbenchUrl(), secret: SECRET }),
      headers: { origin: `http://${WID}.localhost` },
    });
    expect(response.status).toBe(403);
  });

  it('refuses a URL that leads to no workbench, before and after', async () => {
    expect((await browser.get(host.loginUrl('https://evil.example/'))).status).toBe(400);
    expect((await send(SECRET, 'https://evil.example/')).status).toBe(400);
    const noForm = await fetch(`${host.origin}/.wb/login`, {
      method: 'POST',
      body: JSON.stringify({ rd: host.workbenchUrl(), secret: SECRET }),
      headers: { 'content-type': 'application/json', origin: host.origin },
    });
    expect(noForm.status).toBe(400);
  });
});
