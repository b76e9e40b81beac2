import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { systemTimers } from '#adapters/local/timers.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { Gate } from '#gate/gate.ts';
import { createLocalGate } from '#gate/ipc/local-gate.ts';
import { aShare } from '#test/builders/share.ts';
import { HostClient, type HostResponse } from '#test/gate/host-client.ts';
import { NO_LINKS } from '#test/gate/no-links.ts';
import { startWorkbench } from '#test/gate/open-composed-gate.ts';
import { RecordTable } from '#test/gate/open-signed-in-gate.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { findFreePort } from '#test/gate/proxies/proxy-process.ts';
import { Browser, locationOf } from '#test/gate/sign-in/browser.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryShareStore } from '#test/memory/memory-share-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';
import { isKeycloakInstalled } from '#tools/keycloak/installation.ts';
import { type Keycloak, startKeycloak } from '#tools/keycloak/keycloak-process.ts';
import {
  ADMIN_ROLE,
  CLIENT_ID,
  GROUP,
  GROUPS_CLAIM,
  REALM,
  ROLES_CLAIM,
  realm,
  USER_CLAIM,
} from '#tools/keycloak/realm.ts';

const REQUIRED = process.env.GATE_KEYCLOAK === 'required';
/** A connection ends within five seconds after its right was lost. */
const REVOCATION_MAX_MS = 5_000;
/** How long the groups of a session count in one of the tests. */
const GROUPS_MAX_AGE_MS = 15_000;
/** A share counts a second later at most. The rest is for a slow computer. */
const GRANT_MAX_MS = 10_000;

describe.skipIf(!REQUIRED && !isKeycloakInstalled())('a workbench of ann', () => {
  const shares = new MemoryShareStore();
  const table = new RecordTable();
  let keycloak: Keycloak;
  let gate: Gate;
  let port: number;

  beforeAll(async () => {
    keycloak = await startKeycloak();
    port = await findFreePort();
    const signInOrigin = `http://localhost:${port}`;
    await keycloak.admin.call('POST', '', realm({ signInOrigin, backChannelOrigin: signInOrigin }));
    await openGate();
  });

  /** @param groupsMaxAgeMs how long groups count after a sign-in; undefined: as long as a session */
  async function openGate(groupsMaxAgeMs?: number): Promise<void> {
    const accept = async () => ({ kind: 'accepted' }) as const;
    const signInOrigin = `http://localhost:${port}`;
    gate = createLocalGate({
      settings: {
        bindAddress: '127.0.0.1',
        hostname: 'localhost',
        addressMode: 'host',
        guard: { hosts: [], origins: [] },
        look: DEFAULT_LOOK,
        organisationShares: false,
        startsOnVisit: false,
        stopNotice: true,
        signIn: {
          method: {
            kind: 'issuer',
            issuer: `${keycloak.url}/realms/${REALM}`,
            clientId: CLIENT_ID,
            scopes: ['openid'],
            claims: {
              userClaim: USER_CLAIM,
              adminClaim: ROLES_CLAIM,
              adminScope: ADMIN_ROLE,
              groupsClaim: GROUPS_CLAIM,
            },
          },
          keys: { current: 'k'.repeat(48) },
          groupsMaxAgeMs,
          frontendOrigins: [],
        },
      },
      ports: {
        workbenches: table,
        shares,
        tickets: new MemoryTicketStore(),
        cutoffs: new MemorySessionCutoffStore(),
        activity: new MemoryActivityStore(),
        audit: new MemoryAuditStore(),
        startTimes: { list: async () => [] },
        commands: { start: accept, stop: accept, ...NO_LINKS },
        telemetry: new TelemetryRecorder(),
      },
      running: { list: async () => [] },
      baseUrl: () => new URL(signInOrigin),
      timers: systemTimers,
    });
    await gate.listen('127.0.0.1', port, 'WB_WORKBENCH_PORT');
  }

  async function closeGate(): Promise<void> {
    await gate?.close({ delayMs: 0, spreadMs: 0, graceMs: 0 });
  }

  afterAll(async () => {
    await closeGate();
    await keycloak?.stop();
  });

  async function openWorkbench(): Promise<Workbench> {
    const workbench: Workbench = { ...(await startWorkbench()), userId: 'ann' };
    table.put(workbench);
    for (const share of await shares.listByWorkbench(workbench.workbenchId)) await shares.delete(share);
    return workbench;
  }

  const urlOf = ({ workbenchId }: Workbench) => `http://${workbenchId}.localhost:${port}/`;

  function targetOf({ status, headers }: HostResponse, base: string | URL): URL {
    if (headers.location === undefined) throw new Error(`no redirect, but ${status}`);
    return new URL(headers.location, base);
  }

  /** Opens the address of a workbench and signs in. @returns the browser, which has a session there */
  async function signIn(user: string, workbench: Workbench): Promise<HostClient> {
    const [browser, atKeycloak] = [new HostClient(port), new Browser()];
    const url = urlOf(workbench);
    const login = targetOf(await browser.get(url), url);
    const page = await atKeycloak.get(targetOf(await browser.get(login), login));
    const action = /<form[^>]*action="([^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&amp;', '&');
    const callback = locationOf(await atKeycloak.post(action ?? '', { username: user, password: user }));
    const enter = targetOf(await browser.get(callback), callback);
    expect(targetOf(await browser.get(enter), enter).href).toBe(url);
    return browser;
  }

  async function waitForStatus(browser: HostClient, workbench: Workbench, status: number): Promise<void> {
    await vi.waitFor(async () => expect((await browser.get(urlOf(workbench))).status).toBe(status), {
      timeout: GRANT_MAX_MS,
    });
  }

  /** Opens the terminal of a workbench: a WebSocket. @returns when it ended and why */
  async function openTerminal(browser: HostClient, workbench: Workbench) {
    const { host } = new URL(urlOf(workbench));
    const headers = { host, cookie: browser.cookiesOf(urlOf(workbench)) };
    const client = new WebSocket(`ws://127.0.0.1:${port}/terminal`, { headers });
    onTestFinished(() => client.terminate());
    await once(client, 'open');
    client.send('ls');
    await once(client, 'message');
    const closed = once(client, 'close').then(([code]) => ({ code: code as number, at: performance.now() }));
    return { closed, isOpen: () => client.readyState === WebSocket.OPEN };
  }

  /** Takes eve out of her group until the end of the test. @returns her id at Keycloak */
  async function leaveGroup(): Promise<string> {
    const [{ id: userId } = { id: '' }] = (await keycloak.admin.call(
      'GET',
      `/${REALM}/users?exact=true&username=eve`,
    )) as { readonly id: string }[];
    const [{ id: groupId } = { id: '' }] = (await keycloak.admin.call(
      'GET',
      `/${REALM}/users/${userId}/groups`,
    )) as { readonly id: string }[];
    await keycloak.admin.call('DELETE', `/${REALM}/users/${userId}/groups/${groupId}`);
    onTestFinished(async () => {
      await keycloak.admin.call('PUT', `/${REALM}/users/${userId}/groups/${groupId}`);
    });
    return userId;
  }

  it('opens for eve while it is shared with her, and her terminal ends within five seconds after that', async () => {
    const workbench = await openWorkbench();
    const browser = await signIn('eve', workbench);
    // A share of the test before may count for some seconds after its deletion.
    await waitForStatus(browser, workbench, 404);
    const share = aShare({ workbenchId: workbench.workbenchId, grantee: { kind: 'user', userId: 'eve' } });
    await shares.put(share);
    await waitForStatus(browser, workbench, 200);
    const terminal = await openTerminal(browser, workbench);
    const ann = await openTerminal(await signIn('ann', workbench), workbench);
    await shares.delete(share);
    const takenBackAt = performance.now();
    const { code, at } = await terminal.closed;
    expect([code, ann.isOpen()]).toEqual([1008, true]);
    expect(at - takenBackAt).toBeLessThan(REVOCATION_MAX_MS);
    expect((await browser.get(urlOf(workbench))).status).toBe(404);
  });

  it('ends for eve when the share expires', async () => {
    const workbench = await openWorkbench();
    const browser = await signIn('eve', workbench);
    const expiresAt = Date.now() + 4_000;
    await shares.put(
      aShare({ workbenchId: workbench.workbenchId, grantee: { kind: 'user', userId: 'eve' }, expiresAt }),
    );
    await waitForStatus(browser, workbench, 200);
    const terminal = await openTerminal(browser, workbench);
    const { code } = await terminal.closed;
    const late = Date.now() - expiresAt;
    expect([code, late >= 0, late < REVOCATION_MAX_MS]).toEqual([1008, true, true]);
    expect((await browser.get(urlOf(workbench))).status).toBe(404);
  });

  it('opens for the members of a group, until the sign-in after they have left it', async () => {
    const workbench = await openWorkbench();
    await shares.put(
      aShare({ workbenchId: workbench.workbenchId, grantee: { kind: 'group', group: GROUP } }),
    );
    const browser = await signIn('eve', workbench);
    await waitForStatus(browser, workbench, 200);
    const terminal = await openTerminal(browser, workbench);
    const userId = await leaveGroup();
    expect((await browser.get(urlOf(workbench))).status).toBe(200);
    // The administrator ends the sessions, so that the next sign-in comes now.
    await keycloak.admin.call('POST', `/${REALM}/users/${userId}/logout`);
    const endedAt = performance.now();
    const { code, at } = await terminal.closed;
    expect(code).toBe(1008);
    expect(at - endedAt).toBeLessThan(REVOCATION_MAX_MS);
    const again = await signIn('eve', workbench);
    expect((await again.get(urlOf(workbench))).status).toBe(404);
  });

  it('ends for a user who has left the group when the groups of the session no longer count', async () => {
    await closeGate();
    await openGate(GROUPS_MAX_AGE_MS);
    onTestFinished(async () => {
      await closeGate();
      await openGate();
    });
    const workbench = await openWorkbench();
    await shares.put(
      aShare({ workbenchId: workbench.workbenchId, grantee: { kind: 'group', group: GROUP } }),
    );
    const browser = await signIn('eve', workbench);
    const signedInAt = performance.now();
    await waitForStatus(browser, workbench, 200);
    const terminal = await openTerminal(browser, workbench);
    await leaveGroup();
    const { code, at } = await terminal.closed;
    expect(code).toBe(1008);
    expect(at - signedInAt).toBeLessThan(GROUPS_MAX_AGE_MS + REVOCATION_MAX_MS);
    // The way to the sign-in, at which the issuer names the groups again.
    expect((await browser.get(urlOf(workbench))).status).toBe(302);
    const again = await signIn('eve', workbench);
    expect((await again.get(urlOf(workbench))).status).toBe(404);
  });
});
