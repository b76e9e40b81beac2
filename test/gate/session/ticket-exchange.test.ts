import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import { entryUrlOf, gateAddressOf } from '#core/gate/gate-host.ts';
import type { Visitor } from '#core/gate/visitor.ts';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Share } from '#core/ports/share-store.ts';
import { ENTER_PAGE_LIFETIME_MS, TICKET_LIFETIME_MS, type Ticket } from '#core/ports/ticket-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { OwnRequest } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { SignOut } from '#gate/session/account.ts';
import { bindBrowser, isBoundTo } from '#gate/session/browser-binding.ts';
import { COOKIES } from '#gate/session/cookies.ts';
import { createSealKeys, Seal } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { UNKNOWN_TICKETS_MAX } from '#gate/session/ticket-attempts.ts';
import { TicketExchange } from '#gate/session/ticket-exchange.ts';
import { VisitorReader } from '#gate/session/visitor-reader.ts';
import { aShare } from '#test/builders/share.ts';
import { ID, idAt, stopped, T0 } from '#test/builders/workbench.ts';
import { aTicket } from '#test/contracts/ticket-store.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const FRONTEND = 'https://app.example.com';
const ADDRESS = gateAddressOf(new URL('https://wb.example.com'), 'host');
const PREFIX_ADDRESS = gateAddressOf(new URL('https://wb.example.com'), 'prefix');

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly visitor?: Visitor;
  readonly workbenchId?: string;
  readonly prefix?: string;
}

function setUp() {
  const clock = new ManualClock(T0);
  const telemetry = new RecordingTelemetry();
  const tickets = new MemoryTicketStore();
  const cutoffs = new MemorySessionCutoffStore();
  const keys = createSealKeys('a-key-'.repeat(8));
  const seal = new Seal(async () => keys, clock);
  const sessions = new Sessions(seal, clock);
  const visitors = new VisitorReader(sessions, cutoffs, clock);
  const found: {
    workbench: Workbench | undefined;
    failure?: Error;
    shares: readonly Share[];
    reads: number;
  } = {
    workbench: stopped(),
    shares: [],
    reads: 0,
  };
  const pages: GatePage[] = [];
  const show = (_asked: OwnRequest, page: GatePage) => void pages.push(page);
  const exchange = new TicketExchange({
    tickets,
    findWorkbench: async () => {
      found.reads += 1;
      if (found.failure !== undefined) throw found.failure;
      return found.workbench;
    },
    findShares: async () => found.shares,
    seal,
    sessions,
    frontendOrigins: [FRONTEND],
    signInUrl: (_asked, path) => `https://wb.example.com/.wb/login?p=${path}`,
    show,
    clientAddress: ({ headers }) => String(headers['x-forwarded-for'] ?? '192.0.2.1'),
    clock,
    telemetry,
  });
  const signOut = new SignOut({
    cutoffs,
    forgetCutoffs: (userId) => visitors.forget(userId),
    signOutAtIssuer: async () => undefined,
    mayBeFramed: false,
    show,
    clock,
    telemetry,
  });

  /** Sends a request to the route, as the server does, and returns what the browser receives. */
  async function send({
    method = 'GET',
    headers = {},
    query = {},
    form,
    visitor,
    workbenchId = ID,
    prefix = '',
  }: Sent) {
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const body = form === undefined ? [] : [Buffer.from(String(new URLSearchParams(form)))];
    const request = Object.assign(Readable.from(body), { method, headers: { ...type, ...headers } });
    const cookies: string[] = [];
    const received = { status: 0, headers: {} as Record<string, unknown>, cookies };
    const response = {
      appendHeader: (_name: string, value: string) => cookies.push(value),
      writeHead: (status: number, sent: Record<string, unknown>) => {
        Object.assign(received, { status, headers: sent });
        return response;
      },
      end: () => {},
    };
    const shown = pages.length;
    const routes = [...exchange.routes, ...signOut.routes];
    const path = form === undefined || 't' in form || 'c' in form ? '/.wb/enter' : '/.wb/logout';
    const route = routes.find(
      (one) => one.path === path && one.method === (method === 'HEAD' ? 'GET' : method),
    );
    await route?.handle({
      request,
      response,
      url: new URL(`https://${ID}.wb.example.com/.wb/enter?${new URLSearchParams(query)}`),
      workbenchId,
      prefix,
      visitor: visitor ?? { kind: 'none' },
    } as unknown as OwnRequest);
    return { ...received, page: pages.length > shown ? pages.at(-1) : undefined };
  }

  async function create(ticket: Partial<Ticket> = {}): Promise<string> {
    const secret = createTicketSecret();
    await tickets.create(aTicket({ hash: hashTicketSecret(secret), ...ticket }));
    return secret;
  }

  /** The visitor that the workbench's host sees with these cookies. */
  const visitorOf = (cookies: readonly string[], workbenchId: string | undefined = ID) =>
    visitors.read({ headers: { cookie: cookies.map((one) => one.split(';')[0]).join('; ') } }, workbenchId);

  return { clock, telemetry, tickets, cutoffs, found, seal, send, create, visitorOf };
}

/** The headers of the form of a page of this host. */
const OWN_FORM = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };
/** The headers of the click on the button of a page, in the browser that received it. */
function clickOf(page: GatePage | undefined): Readonly<Record<string, string>> {
  return { ...OWN_FORM, cookie: page?.headers?.['set-cookie']?.split(';')[0] ?? '' };
}

/** The sealed value in the form of a page that asks for a click. */
function sealedIn(page: GatePage | undefined): string {
  return /name="c" value="([^"]+)"/.exec(page?.body.text ?? '')?.[1] ?? '';
}

const FROM_FRONTEND = { referer: `${FRONTEND}/workbenches?x=1` };

describe('a link with a ticket', () => {
  it('begins a session if it was opened from a page of a frontend', async () => {
    const { send, create, visitorOf } = setUp();
    const t = await create();
    const { status, headers, cookies } = await send({ query: { t, p: '/lab?x=1' }, headers: FROM_FRONTEND });
    expect({ status, headers }).toEqual({
      status: 303,
      headers: {
        location: '/lab?x=1',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-length': 0,
      },
    });
    expect(await visitorOf(cookies)).toMatchObject({ kind: 'user', userId: 'ada', workbenchId: ID });
  });

  it('begins a session in the browser that was sent to sign in, and in no other', async () => {
    const { send, create, visitorOf } = setUp();
    const { cookie, browser } = bindBrowser(undefined);
    const first = await create({ browser });
    const own = await send({ query: { t: first }, headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(await visitorOf(own.cookies)).toMatchObject({ kind: 'user', userId: 'ada' });
    const other = bindBrowser(undefined).cookie.split(';')[0] ?? '';
    for (const headers of [{}, { cookie: other }, { ...FROM_FRONTEND }, { cookie: `${COOKIES.entry}=` }]) {
      const refused = await send({ query: { t: await create({ browser }) }, headers });
      expect(refused.page?.status).toBe(403);
      expect(refused.cookies).toEqual([]);
    }
  });

  it('begins a session without a question if the browser has one of the same user', async () => {
    const { send, create, visitorOf } = setUp();
    const { cookies } = await send({ query: { t: await create() }, headers: FROM_FRONTEND });
    const visitor = await visitorOf(cookies);
    expect(await send({ query: { t: await create() }, visitor })).toMatchObject({ status: 303 });
    const asBob = await send({ query: { t: await create({ userId: 'bob' }) }, visitor });
    expect(asBob).toMatchObject({ status: 0, cookies: [] });
  });

  it('asks for a click in all other cases, on a page that names workbench, owner and user', async () => {
    const { send, create, visitorOf } = setUp();
    const others = [
      {},
      { referer: 'https://evil.example/?https://app.example.com' },
      { referer: 'https://app.example.com.evil.example/' },
      { referer: 'not a URL' },
      { 'sec-fetch-site': 'none' },
    ];
    for (const headers of others) {
      const t = await create();
      const { status, cookies, page } = await send({ query: { t, p: '/lab' }, headers });
      expect({ status, cookies }).toEqual({ status: 0, cookies: [] });
      expect(page).toMatchObject({ status: 200, neverFramed: true, heading: 'AutoCyber' });
      expect(page?.body.text).toMatch(/of <b><bdi>ada<\/bdi><\/b> as the user <b><bdi>ada</);
      const form = { c: sealedIn(page), p: '/lab' };
      const entered = await send({ method: 'POST', form, headers: clickOf(page) });
      expect(entered).toMatchObject({ status: 303, headers: { location: '/lab' } });
      expect(await visitorOf(entered.cookies)).toMatchObject({ userId: 'ada', workbenchId: ID });
      expect((await send({ query: { t }, headers: FROM_FRONTEND })).page?.status).toBe(403);
    }
  });

  it('shows the name of a workbench only to its owner and to administrators', async () => {
    const { send, create, found } = setUp();
    expect((await send({ query: { t: await create({ userId: 'bob' }) } })).page?.status).toBe(404);
    const admin = await create({ userId: 'bob', admin: true });
    expect((await send({ query: { t: admin } })).page?.status).toBe(200);
    found.workbench = undefined;
    expect((await send({ query: { t: await create() } })).page?.status).toBe(404);
  });

  it('asks the user of a share for a click, and no user without a right', async () => {
    const { send, create, found } = setUp();
    found.shares = [aShare({ grantee: { kind: 'group', group: groupIdOf('staff') }, expiresAt: T0 + 1_000 })];
    const statusOf = async (ticket: Partial<Ticket>) =>
      (await send({ query: { t: await create(ticket) } })).page?.status;
    expect(await statusOf({ userId: 'bob', groups: [groupIdOf('staff')] })).toBe(200);
    expect(await statusOf({ userId: 'bob', groups: [groupIdOf('guests')] })).toBe(404);
    expect(await statusOf({ userId: 'bob' })).toBe(404);
    found.shares = [aShare({ grantee: { kind: 'user', userId: 'bob' }, expiresAt: T0 })];
    expect(await statusOf({ userId: 'bob' })).toBe(404);
  });

  it('works once', async () => {
    const { send, create } = setUp();
    const t = await create();
    expect((await send({ query: { t }, headers: FROM_FRONTEND })).status).toBe(303);
    const again = await send({ query: { t }, headers: FROM_FRONTEND });
    expect(again).toMatchObject({ status: 0, cookies: [], page: { status: 403 } });
  });

  it('is used up by an attempt at the host of another workbench', async () => {
    const { send, create } = setUp();
    const t = await create();
    const wrong = await send({ query: { t }, headers: FROM_FRONTEND, workbenchId: idAt(T0, 9) });
    expect(wrong).toMatchObject({ cookies: [], page: { status: 403 } });
    expect((await send({ query: { t }, headers: FROM_FRONTEND })).page?.status).toBe(403);
  });

  it('does not work after its time, by a clock that may differ', async () => {
    const { clock, send, create } = setUp();
    // The clock of the controller is behind: the ticket expires early by this one.
    const early = await create({ expiresAt: T0 - CLOCK_SKEW_MAX_MS + 1 });
    expect((await send({ query: { t: early }, headers: FROM_FRONTEND })).status).toBe(303);
    const late = await create({ expiresAt: T0 - CLOCK_SKEW_MAX_MS });
    expect((await send({ query: { t: late }, headers: FROM_FRONTEND })).page?.status).toBe(403);
    const t = await create();
    clock.advance(TICKET_LIFETIME_MS + CLOCK_SKEW_MAX_MS);
    expect((await send({ query: { t } })).page?.status).toBe(403);
    expect(await send({ query: { t }, headers: FROM_FRONTEND })).toMatchObject({
      cookies: [],
      page: { status: 403 },
    });
  });

  it('is not used up by a preview or while the record cannot be read', async () => {
    const { send, create, found } = setUp();
    const t = await create();
    expect((await send({ method: 'HEAD', query: { t }, headers: FROM_FRONTEND })).status).toBe(204);
    const prefetch = { ...FROM_FRONTEND, 'sec-purpose': 'prefetch;prerender' };
    expect((await send({ query: { t }, headers: prefetch })).status).toBe(204);
    const script = { ...FROM_FRONTEND, 'sec-fetch-mode': 'no-cors' };
    expect((await send({ query: { t }, headers: script })).status).toBe(204);
    // Programs that preview links get the page that asks for a click.
    for (let n = 0; n < 3; n += 1) expect((await send({ query: { t } })).page?.status).toBe(200);
    found.failure = new PortError('unavailable', 'no table');
    await expect(send({ query: { t }, headers: FROM_FRONTEND })).rejects.toThrow('no table');
    delete found.failure;
    expect((await send({ query: { t }, headers: FROM_FRONTEND })).status).toBe(303);
  });

  it('leads to no other host', async () => {
    const { send, create } = setUp();
    const hostile = [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      '/\t/evil.example',
      '/\r\nset-cookie: a=b',
      'evil.example',
      'javascript:alert(1)',
      '',
      `/${'x'.repeat(5_000)}`,
      '/ä',
    ];
    for (const p of hostile) {
      const { headers } = await send({ query: { t: await create(), p }, headers: FROM_FRONTEND });
      expect(headers.location).toBe('/');
    }
  });

  it('needs a well-formed ticket, and gives no hint which one would be right', async () => {
    const { send, create } = setUp();
    await create();
    for (const t of ['', 'x', 'x'.repeat(43), '__proto__', 'x'.repeat(100_000)]) {
      expect(await send({ query: { t }, headers: FROM_FRONTEND })).toMatchObject({
        cookies: [],
        page: { status: 403 },
      });
    }
    expect((await send({})).page?.status).toBe(403);
  });

  it('is not looked up after too many unknown ones of the same client, also at other workbenches', async () => {
    const { clock, send, create, found, visitorOf } = setUp();
    const t = await create();
    for (let n = 0; n < UNKNOWN_TICKETS_MAX; n += 1) {
      found.workbench = n % 2 === 0 ? undefined : stopped();
      const { page } = await send({ query: { t: createTicketSecret() }, headers: FROM_FRONTEND });
      expect(page?.status).toBe(403);
    }
    const { reads } = found;
    const responses = [
      await send({ query: { t }, headers: FROM_FRONTEND }),
      await send({ query: { t }, headers: FROM_FRONTEND, workbenchId: idAt(T0, 9) }),
      await send({ method: 'POST', form: { t }, headers: { origin: FRONTEND } }),
    ];
    for (const { cookies, page } of responses) {
      expect({ cookies, status: page?.status, retryAfter: page?.headers?.['retry-after'] }).toEqual({
        cookies: [],
        status: 429,
        retryAfter: '60',
      });
    }
    expect(found.reads).toBe(reads);

    const elsewhere = { ...FROM_FRONTEND, 'x-forwarded-for': '192.0.2.2' };
    expect(await visitorOf((await send({ query: { t }, headers: elsewhere })).cookies)).toMatchObject({
      userId: 'ada',
    });
    clock.advance(60_000);
    const later = await create({ expiresAt: clock.now() + 60_000 });
    const again = await send({ query: { t: later }, headers: FROM_FRONTEND });
    expect(again).toMatchObject({ status: 303 });
  });

  it('is looked up as often as it exists, and while the record cannot be read', async () => {
    const { send, create, found } = setUp();
    for (let n = 0; n < 2 * UNKNOWN_TICKETS_MAX; n += 1) {
      const { status } = await send({ query: { t: await create() }, headers: FROM_FRONTEND });
      expect(status).toBe(303);
    }
    const t = await create();
    found.failure = new PortError('unavailable', 'no table');
    for (let n = 0; n < 2 * UNKNOWN_TICKETS_MAX; n += 1)
      await expect(send({ query: { t }, headers: FROM_FRONTEND })).rejects.toThrow('no table');
    delete found.failure;
    expect((await send({ query: { t }, headers: FROM_FRONTEND })).status).toBe(303);
  });

  it('logs neither the ticket nor its hash', async () => {
    const { send, create, telemetry } = setUp();
    const t = await create();
    for (let n = 0; n < 2; n += 1) await send({ query: { t }, headers: FROM_FRONTEND });
    expect(telemetry.lines.map(({ message }) => message)).toEqual([
      'a session has begun',
      'a ticket was refused',
    ]);
    const fields = JSON.stringify([...telemetry.fields.values()]);
    expect(fields).not.toContain(t);
    expect(fields).not.toContain(hashTicketSecret(t));
  });

  it('is not needed where visitors are not authenticated', async () => {
    const { send } = setUp();
    expect(await send({ query: { p: '/lab' }, visitor: { kind: 'open' } })).toMatchObject({
      status: 303,
      headers: { location: '/lab' },
      cookies: [],
    });
  });

  it('begins the session of all workbenches where they share a host', async () => {
    const { send, create, visitorOf } = setUp();
    const prefix = `/project/${ID}`;
    const { headers, cookies } = await send({ query: { t: await create() }, headers: FROM_FRONTEND, prefix });
    expect(headers.location).toBe(`${prefix}/`);
    expect(cookies[0]).toContain(`${COOKIES.signIn}=`);
    expect(await visitorOf(cookies, ID)).toEqual({ kind: 'none' });
  });
});

describe('a form with a ticket', () => {
  it('begins a session if a page of a frontend sent it', async () => {
    const { send, create, visitorOf } = setUp();
    const form = { t: await create(), p: '/lab' };
    const { status, headers, cookies } = await send({ method: 'POST', form, headers: { origin: FRONTEND } });
    expect({ status, location: headers.location }).toEqual({ status: 303, location: '/lab' });
    expect(await visitorOf(cookies)).toMatchObject({ userId: 'ada' });
  });

  it('asks for a click if another page sent it', async () => {
    const { send, create } = setUp();
    for (const headers of [{}, { origin: `https://${ID}.wb.example.com` }, { origin: 'null' }]) {
      const { cookies, page } = await send({ method: 'POST', form: { t: await create() }, headers });
      expect({ cookies, status: page?.status }).toEqual({ cookies: [], status: 200 });
    }
  });

  it('confirms only what the page of this workbench asked, within five minutes', async () => {
    const { clock, send, create, seal } = setUp();
    const { page } = await send({ query: { t: await create() } });
    const [c, headers] = [sealedIn(page), clickOf(page)];
    const post = (form: Readonly<Record<string, string>>, workbenchId = ID) =>
      send({ method: 'POST', form, headers, workbenchId });
    expect(await post({ c }, idAt(T0, 9))).toMatchObject({ cookies: [], page: { status: 403 } });
    const wrongPurpose = await seal.seal('sign-in-session', { hash: 'h', workbenchId: ID }, T0 + 60_000);
    const withoutBrowser = await seal.seal('entry', { hash: 'h', workbenchId: ID }, T0 + 60_000);
    for (const forged of [`${c}x`, 'x', '', wrongPurpose, withoutBrowser])
      expect(await post({ c: forged })).toMatchObject({ cookies: [], page: { status: 403 } });
    clock.advance(ENTER_PAGE_LIFETIME_MS);
    expect(await post({ c })).toMatchObject({ cookies: [], page: { status: 403 } });
  });

  it('begins one session by a click, even if the link was opened several times', async () => {
    const { clock, send, create, visitorOf, tickets } = setUp();
    const t = await create();
    const pages = [(await send({ query: { t } })).page, (await send({ query: { t } })).page];
    // The person reads the page for longer than a ticket is valid.
    clock.advance(ENTER_PAGE_LIFETIME_MS - 1);
    const clicks = pages.map((page) =>
      send({ method: 'POST', form: { c: sealedIn(page) }, headers: clickOf(page) }),
    );
    // Either click may come first.
    const [won, lost] = (await Promise.all(clicks)).sort((a, b) => b.status - a.status);
    expect(await visitorOf(won?.cookies ?? [])).toMatchObject({ userId: 'ada', workbenchId: ID });
    expect(lost).toMatchObject({ status: 0, cookies: [], page: { status: 403 } });
    expect(tickets.size).toBe(0);
  });

  it('takes the click only from the browser that received the page, and only from its form', async () => {
    const { send, create, tickets } = setUp();
    const { page } = await send({ query: { t: await create() } });
    const own = clickOf(page);
    const other = clickOf((await send({ query: { t: await create() } })).page);
    const refused = [
      { ...own, cookie: '' },
      other,
      { ...own, 'sec-fetch-mode': 'cors' },
      { ...own, 'sec-fetch-dest': 'iframe', 'sec-fetch-user': '?1' },
      { cookie: own.cookie ?? '' },
    ];
    for (const headers of refused) {
      const { status, cookies } = await send({ method: 'POST', form: { c: sealedIn(page) }, headers });
      expect({ status, cookies }).toEqual({ status: 0, cookies: [] });
    }
    expect(tickets.size).toBe(2);
    expect((await send({ method: 'POST', form: { c: sealedIn(page) }, headers: own })).status).toBe(303);
  });
});

describe('the URL of an entry', () => {
  it('is on the host of the workbench, or below its path', () => {
    const query = 't=secret&p=%2Flab%3Fx%3D1';
    expect(entryUrlOf(ADDRESS, ID, 'secret', '/lab?x=1')).toBe(
      `https://${ID}.wb.example.com/.wb/enter?${query}`,
    );
    expect(entryUrlOf(PREFIX_ADDRESS, ID, 'secret', '/lab?x=1')).toBe(
      `https://wb.example.com/project/${ID}/.wb/enter?${query}`,
    );
  });
});

describe('bindBrowser', () => {
  it('keeps the binding of a browser, so that several tabs can sign in', () => {
    const first = bindBrowser(undefined);
    const second = bindBrowser(first.cookie.split(';')[0]);
    expect(second).toEqual(first);
    expect(bindBrowser(`${COOKIES.entry}=forged`).browser).not.toBe(hashTicketSecret('forged'));
    expect(bindBrowser(undefined).browser).not.toBe(first.browser);
  });

  it('gives a browser with two bindings a new one, and accepts each that it sends', () => {
    const [own, tossed] = [bindBrowser(undefined), bindBrowser(undefined)];
    const cookies = [tossed, own].map(({ cookie }) => cookie.split(';')[0]).join('; ');
    expect([own.browser, tossed.browser]).not.toContain(bindBrowser(cookies).browser);
    expect([own, tossed].map(({ browser }) => isBoundTo(cookies, browser))).toEqual([true, true]);
    expect(isBoundTo(cookies, bindBrowser(undefined).browser)).toBe(false);
  });
});

describe('signing out', () => {
  it('ends the sessions of the user on every host, at once on this one', async () => {
    const { send, create, visitorOf, cutoffs } = setUp();
    const { cookies } = await send({ query: { t: await create() }, headers: FROM_FRONTEND });
    const visitor = await visitorOf(cookies);
    const signedOut = await send({ method: 'POST', form: {}, headers: OWN_FORM, visitor });
    expect(signedOut.page?.status).toBe(200);
    expect(signedOut.cookies.map((one) => one.split(';').slice(0, 2).join(';'))).toEqual(
      ['__Host-wb_u', '__Host-wb_s', '__Host-wb_l', '__Host-wb_e'].map((name) => `${name}=; Max-Age=0`),
    );
    expect(await visitorOf(cookies)).toEqual({ kind: 'none' });
    expect(await cutoffs.read('ada')).toMatchObject({ all: T0 + CLOCK_SKEW_MAX_MS });
  });

  it('needs the form of a page: a fetch of a workbench’s script has no effect', async () => {
    const { send, create, visitorOf, cutoffs } = setUp();
    const { cookies } = await send({ query: { t: await create() }, headers: FROM_FRONTEND });
    const visitor = await visitorOf(cookies);
    const origin = `https://${ID}.wb.example.com`;
    for (const headers of [
      { ...OWN_FORM, origin, 'sec-fetch-mode': 'cors' },
      { ...OWN_FORM, origin, 'sec-fetch-mode': 'no-cors' },
      { ...OWN_FORM, origin, 'sec-fetch-dest': 'iframe', 'sec-fetch-user': '?1' },
      { ...OWN_FORM, 'sec-fetch-site': 'none' },
      {},
    ]) {
      const refused = await send({ method: 'POST', form: {}, headers, visitor });
      expect(refused).toMatchObject({ cookies: [], page: { status: 400 } });
    }
    expect(await cutoffs.read('ada')).toEqual({ byIssuerSession: {} });
    // Browsers without Sec-Fetch-Site.
    expect((await send({ method: 'POST', form: {}, headers: { origin }, visitor })).page?.status).toBe(200);
  });

  it('ends a session that began by a clock that was ahead', async () => {
    const { send, create, visitorOf, cutoffs } = setUp();
    const t = await create({ signedInAt: T0 + 60_000 });
    const { cookies } = await send({ query: { t }, headers: FROM_FRONTEND });
    await send({ method: 'POST', form: {}, headers: OWN_FORM, visitor: await visitorOf(cookies) });
    expect(await visitorOf(cookies)).toEqual({ kind: 'none' });
    expect(await cutoffs.read('ada')).toMatchObject({ all: T0 + 60_000 });
  });

  it('also ends the session at the issuer, where the browser is sent', async () => {
    const atIssuer = new SignOut({
      cutoffs: new MemorySessionCutoffStore(),
      forgetCutoffs: () => {},
      signOutAtIssuer: async () => 'https://issuer.example/logout',
      mayBeFramed: false,
      show: () => {},
      clock: new ManualClock(T0),
      telemetry: new RecordingTelemetry(),
    });
    const sent: unknown[] = [];
    const response = {
      appendHeader: () => {},
      writeHead: (status: number, { location }: { location: string }) => sent.push([status, location]),
      end: () => {},
    };
    await atIssuer.routes[0]?.handle({
      request: { method: 'POST', headers: OWN_FORM },
      response,
      visitor: { kind: 'none' },
    } as unknown as OwnRequest);
    expect(sent).toEqual([[303, 'https://issuer.example/logout']]);
  });

  it('keeps the cookies if the cutoff cannot be stored', async () => {
    const { send, create, visitorOf, cutoffs } = setUp();
    const { cookies } = await send({ query: { t: await create() }, headers: FROM_FRONTEND });
    const visitor = await visitorOf(cookies);
    cutoffs.raise = () => Promise.reject(new PortError('unavailable', 'no table'));
    await expect(send({ method: 'POST', form: {}, headers: OWN_FORM, visitor })).rejects.toThrow('no table');
    expect(await visitorOf(cookies)).toMatchObject({ kind: 'user' });
  });
});
