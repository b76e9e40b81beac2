import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditItem } from '#contract/audit-response.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { call, poll, pollUntil, type Server } from '#test/e2e/api-calls.ts';
import { openBrowser, openPage } from '#test/e2e/browser.ts';
import { findFreePort } from '#test/gate/proxies/proxy-process.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import { IssuerServer } from './issuer-server.ts';
import { closeOfWebSocket } from './page-websocket.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';

/** WebSockets of a visitor who has lost the right are closed within this time, milliseconds. */
const REVOCATION_MAX_MS = 5_000;
/** The machine of local mode. */
const MACHINE = '/machines/local/drain';
/** When the machine must be empty, milliseconds from the last request on. */
const EMPTY_AFTER_MS = 1_000;
const HOUR_MS = 3_600_000;

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('rights, with Keycloak and a server', () => {
  let keycloak: Keycloak;
  let signInOrigin: string;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    signInOrigin = `http://localhost:${await findFreePort()}`;
    await IssuerServer.createRealm(keycloak, signInOrigin);
  });

  afterAll(() => keycloak?.stop());

  /** Creates a link of one use. @returns its address */
  async function createLink(owner: Server, id: string): Promise<string> {
    const { status, item } = await call(owner, 'POST', `/workbenches/${id}/share-links`, { role: 'use' });
    expect(status).toBe(200);
    return (item as unknown as { readonly url: string }).url;
  }

  it('a share that is taken back ends the terminal of the other user, and the audit has all of it', async () => {
    const server = await IssuerServer.start(keycloak, signInOrigin);
    const { id, origin } = await server.startWorkbench('ann');
    const share = `/workbenches/${id}/shares/user:eve`;
    expect((await call(server.apiOf('ann'), 'PUT', share, { role: 'use' })).status).toBe(200);

    const page = await openPage(await openBrowser());
    await server.signIn(page, `${origin}/`, 'eve');
    expect((await page.reload())?.status()).toBe(200);
    const closed = closeOfWebSocket(page, origin);
    await page.getByText('opened').waitFor();
    const takenBackAt = performance.now();
    expect((await call(server.apiOf('ann'), 'DELETE', share)).status).toBe(200);
    expect((await closed) - takenBackAt).toBeLessThan(REVOCATION_MAX_MS);
    expect((await page.goto(`${origin}/`))?.status()).toBe(404);

    await expectEvents(server, id, [
      { action: 'set_share', outcome: 'allowed', on_behalf_of: 'ann', subject: { kind: 'user', id: 'eve' } },
      { action: 'enter_workbench', outcome: 'allowed', actor: { kind: 'user', id: 'eve' } },
      {
        action: 'delete_share',
        outcome: 'allowed',
        on_behalf_of: 'ann',
        subject: { kind: 'user', id: 'eve' },
      },
      { action: 'enter_workbench', outcome: 'refused', actor: { kind: 'user', id: 'eve' } },
    ]);
  });

  it('a link of one use gives a share to the first user who accepts it, and to no other', async () => {
    const server = await IssuerServer.start(keycloak, signInOrigin);
    const { id, origin } = await server.startWorkbench('ann');
    const url = await createLink(server.apiOf('ann'), id);

    const eve = await openPage(await openBrowser());
    await openLink(eve, url, 'eve');
    await eve.getByRole('button', { name: 'Accept' }).click();
    await eve.getByRole('heading', { name: 'The workbench is shared with you' }).waitFor();
    expect((await eve.goto(`${origin}/`))?.status()).toBe(200);

    const root = await openPage(await openBrowser());
    await openLink(root, url, 'root');
    await root.getByText('The link was used as often as it may be.').waitFor();
    expect((await root.goto(`${origin}/`))?.status()).toBe(404);

    // The one who has redeemed it loses nothing by the second click.
    await eve.goto(url);
    await eve.getByRole('button', { name: 'Continue' }).click();
    await eve.getByRole('heading', { name: 'You may open this workbench already' }).waitFor();

    await expectEvents(server, id, [
      { action: 'create_link', outcome: 'allowed', on_behalf_of: 'ann' },
      { action: 'redeem_link', outcome: 'allowed', actor: { kind: 'user', id: 'eve' } },
    ]);
  });

  it('a machine with two workbenches is emptied: it takes no new one, owners see it, and both stop in time', async () => {
    const server = await IssuerServer.start(keycloak, signInOrigin);
    const ann = { server: server.apiOf('ann'), ...(await server.startWorkbench('ann')) };
    const eve = { server: server.apiOf('eve'), ...(await server.startWorkbench('eve')) };
    const operator = server.apiOf('root');
    const by = new Date(Date.now() + HOUR_MS).toISOString();
    expect((await call(operator, 'POST', MACHINE, { by })).status).toBe(200);
    for (const owner of [ann, eve]) {
      expect(await poll(owner.server, owner.id)).toMatchObject({
        status: 'running',
        status_detail: 'machine_draining',
        stops_at: by,
      });
    }
    const refused = await call(ann.server, 'POST', '/workbenches', { workbench_name: 'Another' });
    expect([refused.status, refused.error?.code]).toEqual([409, 'draining']);
    const soon = new Date(Date.now() + EMPTY_AFTER_MS).toISOString();
    expect((await call(operator, 'POST', MACHINE, { by: soon })).status).toBe(200);
    for (const owner of [ann, eve]) {
      const stopped = await pollUntil(owner.server, owner.id, 'stopped');
      expect(stopped.status_reason?.code).toBe('machine_drained');
      const { items } = (await call(owner.server, 'GET', `/workbenches/${owner.id}/history`)) as unknown as {
        readonly items: readonly { readonly type: string }[];
      };
      expect(items.map(({ type }) => type)).toContain('drain_announced');
    }
    expect((await call(operator, 'DELETE', MACHINE)).status).toBe(200);
    await expectEvents(server, undefined, [
      { action: 'drain_machine', outcome: 'allowed', actor: { kind: 'static_key' } },
      { action: 'drain_machine', outcome: 'allowed', actor: { kind: 'static_key' } },
      { action: 'cancel_drain', outcome: 'allowed', actor: { kind: 'static_key' } },
    ]);
  });
});

/** Opens the address of a link, and signs in. */
async function openLink(page: Page, url: string, user: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.locator('#username').fill(user);
  await page.locator('#password').fill(user);
  await page.locator('#kc-login').click();
}

/** Waits until the audit has these events, each once, in this order. Events of the gate are written after their response. */
async function expectEvents(
  server: IssuerServer,
  workbenchId: string | undefined,
  expected: readonly Partial<AuditItem>[],
): Promise<void> {
  const actions = new Set(expected.map(({ action }) => action));
  const events = await eventually(waitRealStep, `the audit has ${expected.length} events`, async () => {
    const response = await fetch(
      `${server.local.api}/audit?limit=100${workbenchId === undefined ? '' : `&workbench_id=${workbenchId}`}`,
      { headers: { Authorization: `Bearer ${server.apiOf('root').key}` } },
    );
    expect(response.status).toBe(200);
    const { items } = (await response.json()) as { readonly items: readonly AuditItem[] };
    const found = items.filter(({ action }) => actions.has(action)).toReversed();
    return found.length >= expected.length && found;
  });
  expect(events).toMatchObject(expected);
}
