import { describe, expect, it } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import { hashTicketSecret } from '#adapters/ticket-secret.ts';
import { openResponseSchema } from '#contract/response-bodies.ts';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { cutoffOf, SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { TICKET_LIFETIME_MS } from '#core/ports/ticket-store.ts';
import { buildOpenWorkbench } from '#functions/api/open-workbench.ts';
import type { AuthorizerContext } from '#functions/authorizer/principal.ts';
import { aShare } from '#test/contracts/share-store.ts';
import { call, settingsWith, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp(env: Readonly<Record<string, string>> = { WB_GATE: 'host' }) {
  const { world, ports, key, request } = await withWorkbench();
  const { tickets, cutoffs } = world.stores;
  const handler = buildOpenWorkbench({ ...ports, tickets, cutoffs }, settingsWith(env));
  return {
    world,
    tickets,
    cutoffs,
    key,
    request,
    open: (more = {}) => call(handler, { ...request, ...more }),
  };
}

describe('POST /workbenches/{wid}/open', () => {
  it('returns the URL of a ticket for the user and the workbench, which is stored as a hash', async () => {
    const { world, tickets, key, open } = await setUp();
    const { status, body } = await open({ body: { path: '/lab?x=1' } });
    const now = world.clock.now();
    expect(status).toBe(200);
    expect(openResponseSchema.parse(body)).toEqual(body);
    expect(body.expires_at).toBe(new Date(now + TICKET_LIFETIME_MS).toISOString());
    const url = new URL(body.url);
    expect(url.origin + url.pathname).toBe(`https://${key.workbenchId}.wb.example.com/.wb/enter`);
    expect(url.searchParams.get('p')).toBe('/lab?x=1');
    const hash = hashTicketSecret(url.searchParams.get('t') ?? '');
    expect(await tickets.burn(hash)).toEqual({
      hash,
      ...key,
      admin: false,
      signedInAt: now,
      sessionExpiresAt: now + SESSION_LIFETIME_MS,
      expiresAt: now + TICKET_LIFETIME_MS,
    });
  });

  it('carries the groups of the user into the session, but not those of an administrator', async () => {
    const { tickets, open } = await setUp();
    const groups = JSON.stringify(['data science', 'staff']);
    const burn = async (more: Parameters<typeof open>[0]) =>
      tickets.burn(hashTicketSecret(new URL((await open(more)).body.url).searchParams.get('t') ?? ''));
    const own = await burn({ query: '', authorizer: tokenOf('ada', { groups }) });
    expect(own?.groups).toEqual(['data science', 'staff'].map(groupIdOf));
    const other = await burn({ authorizer: tokenOf('root', { groups, scopes: 'workbench:admin' }) });
    expect(other).toMatchObject({ userId: 'ada' });
    expect(other).not.toHaveProperty('groups');
  });

  it('is for the acting user of a shared workbench, and for an administrator who opens every workbench', async () => {
    const { world, tickets, key, open } = await setUp();
    const burn = async (authorizer: AuthorizerContext) =>
      tickets.burn(
        hashTicketSecret(
          new URL((await open({ query: '', authorizer })).body.url).searchParams.get('t') ?? '',
        ),
      );
    await world.stores.shares.put(aShare({ workbenchId: key.workbenchId }));
    expect(await burn(tokenOf('bob'))).toMatchObject({ userId: 'bob', admin: false });
    const root = tokenOf('root', { scopes: 'workbench:admin' });
    expect(await burn(root)).toMatchObject({ userId: 'root', admin: true });
  });

  it('dates the sign-in after a sign-out at a gate whose clock is ahead or behind', async () => {
    for (const skew of [CLOCK_SKEW_MAX_MS, 0, -CLOCK_SKEW_MAX_MS]) {
      const { world, tickets, cutoffs, key, open } = await setUp();
      const cutoff = cutoffOf(world.clock.now() + skew);
      await cutoffs.raise(key.userId, cutoff);
      const { body } = await open();
      const [ticket] = await Promise.all(tickets.hashes.map((hash) => tickets.burn(hash)));
      expect(ticket?.signedInAt).toBeGreaterThan(cutoff);
      expect(body.expires_at).toBe(new Date(world.clock.now() + TICKET_LIFETIME_MS).toISOString());
    }
  });

  it('creates another ticket for each request', async () => {
    const { tickets, open } = await setUp();
    const urls = [await open(), await open()].map(({ body }) => body.url);
    expect(new Set(urls).size).toBe(2);
    expect(tickets.size).toBe(2);
  });

  it('leads below the path of the workbench where workbenches share a host', async () => {
    const { key, open } = await setUp({ WB_GATE: 'prefix' });
    const url = new URL((await open({ body: { path: '/lab' } })).body.url);
    expect(url.pathname).toBe(`/project/${key.workbenchId}/.wb/enter`);
    expect(url.searchParams.get('p')).toBe(`/project/${key.workbenchId}/lab`);
  });

  it('returns the plain address where the gate asks for no sessions', async () => {
    const { tickets, key, open } = await setUp({});
    expect((await open({ body: { path: '/lab' } })).body).toEqual({
      success: true,
      url: `https://wb.example.com/project/${key.workbenchId}/lab`,
    });
    expect(tickets.size).toBe(0);
  });

  it('accepts every status and changes none', async () => {
    const { world, key, open } = await setUp();
    const before = await world.read(key);
    expect((await open()).status).toBe(200);
    expect(await world.read(key)).toEqual(before);
    await world.waitForStatus(key, 'running');
    expect((await open()).status).toBe(200);
  });

  it("is 404 for another user's workbench, and creates no ticket", async () => {
    const { tickets, open } = await setUp();
    expect((await open({ query: 'user_id=bob' })).status).toBe(404);
    expect((await open({ query: '', authorizer: tokenOf('bob') })).status).toBe(404);
    expect((await open({ authorizer: tokenOf('bob') })).status).toBe(403);
    expect(tickets.size).toBe(0);
  });

  it('is for the owner even if an administrator asks, and gives no other rights', async () => {
    const { tickets, open } = await setUp();
    const { body } = await open({ authorizer: tokenOf('root', { scopes: 'workbench:admin' }) });
    const hash = hashTicketSecret(new URL(body.url).searchParams.get('t') ?? '');
    expect(await tickets.burn(hash)).toMatchObject({ userId: 'ada', admin: false });
  });

  it('refuses paths that lead to another host or are too long', async () => {
    const { tickets, open } = await setUp();
    const hostile = [
      '//evil.example',
      '/\\evil',
      'lab',
      'https://x/',
      '/\t/x',
      '/ä',
      `/${'x'.repeat(2048)}`,
      '',
      7,
    ];
    for (const path of hostile) {
      const { status, body } = await open({ body: { path } });
      expect([path, status, Object.keys(body.error.fields)]).toEqual([path, 400, ['path']]);
    }
    expect((await open({ body: { target: '/' } })).status).toBe(400);
    expect(tickets.size).toBe(0);
  });

  it('logs who opened what, without the ticket', async () => {
    const { world, key, open } = await setUp();
    const { body } = await open({ authorizer: tokenOf('ada') });
    expect(world.telemetry.fields.get('a ticket was created')).toEqual({ ...key, by: 'ada' });
    const secret = new URL(body.url).searchParams.get('t') ?? '-';
    expect(JSON.stringify([...world.telemetry.fields])).not.toContain(secret);
  });
});
