import { describe, expect, test } from 'vitest';
import type { Visitor } from '#core/gate/visitor.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Share } from '#core/ports/share-store.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { commandRoutes } from '#gate/command-routes.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import type { CommandResult } from '#gate/ports.ts';
import { aShare } from '#test/builders/share.ts';
import { ID, idAt, running, stopped, T0, USER } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { DEFAULT_LOOK } from './pages/default-look.ts';
import { parsePage, textOf } from './pages/parse-page.ts';
import { serveOwnRoute } from './serve-own-route.ts';

const CLICK = {
  accept: 'text/html',
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'https://gate.example',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-user': '?1',
};

/** What else Chromium sends. */
const CHROMIUM = { 'sec-ch-ua': '"Chromium";v="140"' };

const OWNER: Visitor = {
  kind: 'user',
  userId: USER,
  admin: false,
  signedInAt: T0,
  expiresAt: T0 + 3_600_000,
};

interface Setting {
  readonly command?: 'start' | 'stop';
  readonly record?: Workbench | undefined;
  readonly visitor?: Visitor;
  readonly prefix?: string;
  readonly result?: CommandResult;
  readonly failing?: boolean;
  readonly shares?: readonly Share[] | 'unreadable';
  readonly workbenchId?: string;
  readonly frameAncestors?: readonly string[];
}

async function open(setting: Setting = {}) {
  const { command = 'start', visitor = OWNER, prefix = '', result = { kind: 'accepted' } } = setting;
  const record = 'record' in setting ? setting.record : stopped();
  const calls: string[] = [];
  let reads = 0;
  let shareReads = 0;
  const run = (name: string) => async (userId: string, workbenchId: string) => {
    calls.push(`${name} ${userId} ${workbenchId}`);
    return result;
  };
  const routes = commandRoutes({
    workbenches: {
      async findByWorkbenchId() {
        reads += 1;
        if (setting.failing) throw new PortError('unavailable', 'the table does not respond');
        return record === undefined ? undefined : keyOf(record);
      },
      read: async () => record,
    },
    shares: {
      async find() {
        shareReads += 1;
        const { shares = [] } = setting;
        if (shares === 'unreadable') throw new PortError('unavailable', 'the table does not respond');
        return shares;
      },
    },
    commands: { start: run('start'), stop: run('stop') },
    pages: new PageRenderer({ ...DEFAULT_LOOK, frameAncestors: setting.frameAncestors ?? [] }),
    clock: new ManualClock(T0),
    telemetry: new TelemetryRecorder(),
  });
  const route = routes.find(({ path }) => path === `/.wb/${command}`);
  if (route === undefined) throw new Error('no such route');
  const id = 'workbenchId' in setting ? setting.workbenchId : ID;
  const send = await serveOwnRoute(route, {
    visitor,
    prefix,
    ...(id === undefined ? {} : { workbenchId: id }),
  });
  return { send, calls, reads: () => reads, shareReads: () => shareReads, route };
}

describe('a click on a button', () => {
  test.each([
    ['start', stopped()],
    ['stop', running()],
  ] as const)('requests %s for the owner and goes back to the deep link', async (command, record) => {
    const { send, calls } = await open({ command, record });
    const response = await send(
      CLICK,
      `back=${encodeURIComponent('/lab/tree/ä b?x=1'.replace('ä b', '%C3%A4'))}`,
    );
    expect([response.status, response.headers.location]).toEqual([303, '/lab/tree/%C3%A4?x=1']);
    expect(calls).toEqual([`${command} ${USER} ${ID}`]);
  });

  test('is accepted from a browser without Sec-Fetch-Site, which sends Origin', async () => {
    const old = { accept: CLICK.accept, 'content-type': CLICK['content-type'], origin: CLICK.origin };
    const { send, calls } = await open();
    expect((await send(old, 'back=/')).status).toBe(303);
    expect(calls.length).toBe(1);
  });

  test('is accepted from Chromium, and from a browser without Sec-Fetch-User', async () => {
    const { 'sec-fetch-user': _user, ...safari } = CLICK;
    const { send, calls } = await open();
    for (const headers of [{ ...CLICK, ...CHROMIUM }, safari])
      expect((await send(headers, 'back=/')).status).toBe(303);
    expect(calls.length).toBe(2);
  });

  test('is accepted in a frame if frontends may show pages in frames', async () => {
    const { send, calls } = await open({ frameAncestors: ['https://app.example'] });
    const framed = { ...CLICK, 'sec-fetch-dest': 'iframe' };
    const { 'sec-fetch-user': _user, ...script } = framed;
    expect((await send(script, 'back=/')).status).toBe(400);
    expect(calls.length).toBe(0);
    expect((await send(framed, 'back=/')).status).toBe(303);
    expect(calls.length).toBe(1);
  });

  test('of an administrator or an open visitor acts in the name of the owner', async () => {
    for (const visitor of [{ ...OWNER, userId: 'root', admin: true }, { kind: 'open' } as const]) {
      const { send, calls } = await open({ visitor });
      expect((await send(CLICK, 'back=/')).status).toBe(303);
      expect(calls).toEqual([`start ${USER} ${ID}`]);
    }
  });

  test('of a user with the role manage acts in the name of the owner', async () => {
    const { send, calls, shareReads } = await open({ visitor: BOB, shares: [aShare({ role: 'manage' })] });
    expect((await send(CLICK, 'back=/')).status).toBe(303);
    expect(calls).toEqual([`start ${USER} ${ID}`]);
    expect(shareReads()).toBe(1);
  });

  test('of the owner or an administrator reads no shares', async () => {
    for (const visitor of [OWNER, { ...OWNER, userId: 'root', admin: true }]) {
      const { send, shareReads } = await open({ visitor, shares: 'unreadable' });
      expect((await send(CLICK, 'back=/')).status).toBe(303);
      expect(shareReads()).toBe(0);
    }
  });

  test.each([
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/\t/evil.example', '/'],
    ['/a\r\nset-cookie: x=1', '/'],
    [`/${'x'.repeat(2048)}`, '/'],
    ['', '/'],
  ])('goes to the first page instead of %j', async (back, location) => {
    const { send } = await open();
    const response = await send(CLICK, new URLSearchParams({ back }).toString());
    expect([response.status, response.headers.location]).toEqual([303, location]);
  });

  test('stays at its workbench below a prefix', async () => {
    const { send } = await open({ prefix: '/project/x' });
    const backTo = async (back: string) =>
      (await send(CLICK, new URLSearchParams({ back }).toString())).headers.location;
    expect(await backTo('/project/x/lab')).toBe('/project/x/lab');
    expect(await backTo('/project/y/lab')).toBe('/project/x/');
    expect(await backTo('/project/xy')).toBe('/project/x/');
  });
});

const BOB: Visitor = { ...OWNER, userId: 'bob' };

describe('no command is sent for a user', () => {
  test.each(['start', 'stop'] as const)('with the role use: %s', async (command) => {
    const shares = [aShare()];
    for (const record of [stopped(), running()]) {
      const { send, calls } = await open({ command, record, visitor: BOB, shares });
      const response = await send(CLICK, 'back=/lab');
      expect(response.status).toBe(403);
      expect(textOf(parsePage(response.body))).toContain(`in a role that may not ${command} it`);
      expect(calls).toEqual([]);
    }
  });

  test('whose share has expired, without a hint that the workbench exists', async () => {
    const { send, calls } = await open({
      visitor: BOB,
      shares: [aShare({ role: 'manage', expiresAt: T0 })],
    });
    const unknown = await open({ visitor: BOB, record: undefined });
    const [response, expected] = [await send(CLICK, 'back=/'), await unknown.send(CLICK, 'back=/')];
    expect([response.status, response.body]).toEqual([404, expected.body]);
    expect(calls).toEqual([]);
  });

  test('while the shares cannot be read, in the same way if there is no workbench', async () => {
    for (const record of [stopped(), undefined]) {
      const { send, calls } = await open({ visitor: BOB, record, shares: 'unreadable' });
      expect((await send(CLICK, 'back=/')).status).toBe(503);
      expect(calls).toEqual([]);
    }
  });
});

describe('no command is sent', () => {
  const form = 'back=/';
  const program = { accept: CLICK.accept, 'content-type': CLICK['content-type'] };
  const { 'sec-fetch-user': _user, ...unclicked } = CLICK;

  test.each([
    ['a fetch of a page', { ...CLICK, 'sec-fetch-mode': 'cors' }],
    ['a fetch without CORS', { ...CLICK, 'sec-fetch-mode': 'no-cors' }],
    ['a fetch of the same origin', { ...CLICK, 'sec-fetch-mode': 'same-origin', 'sec-fetch-dest': 'empty' }],
    ['a form in a frame', { ...CLICK, 'sec-fetch-dest': 'iframe' }],
    ['a form in an object', { ...CLICK, 'sec-fetch-dest': 'object' }],
    ['a service worker', { ...CLICK, 'sec-fetch-dest': 'empty' }],
    ['a form that Chromium sent without a click', { ...unclicked, ...CHROMIUM }],
    ['a fetch without a site', { ...program, origin: CLICK.origin, 'sec-fetch-mode': 'cors' }],
    ['a page of a sibling', { ...CLICK, 'sec-fetch-site': 'same-site' }],
    ['another site', { ...CLICK, 'sec-fetch-site': 'cross-site' }],
    ['a program', program],
    ['an opaque origin', { ...program, origin: 'null' }],
    ['JSON', { ...CLICK, 'content-type': 'application/json' }],
  ])('for %s', async (_, headers) => {
    const { send, calls } = await open();
    expect((await send(headers, form)).status).toBe(400);
    expect(calls).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'PUT'])('for %s', async (method) => {
    const { send, calls } = await open();
    expect((await send(CLICK, '', method)).status).toBe(400);
    expect(calls).toEqual([]);
  });

  test('for a longer form than any page has, and the response arrives', async () => {
    const { send, calls } = await open();
    const response = await send(CLICK, `back=/${'x'.repeat(200_000)}`);
    expect(response.status).toBe(400);
    expect(calls).toEqual([]);
  });

  test('without a session, with a link to the sign-in and no read', async () => {
    const { send, calls, reads } = await open({ visitor: { kind: 'none' } });
    const response = await send(CLICK, 'back=/lab');
    expect(response.status).toBe(401);
    expect(response.body).toContain('<a href="/lab">Sign in</a>');
    expect([calls, reads()]).toEqual([[], 0]);
  });

  test('with a session that has expired, or is for another workbench', async () => {
    for (const visitor of [
      { ...OWNER, expiresAt: T0 },
      { ...OWNER, workbenchId: idAt(T0, 2) },
    ]) {
      const { send, calls } = await open({ visitor });
      expect((await send(CLICK, form)).status).toBe(401);
      expect(calls).toEqual([]);
    }
  });

  test('for another user, with the same bytes as for an unknown workbench', async () => {
    const another = await open({ visitor: { ...OWNER, userId: 'eve' } });
    const unknown = await open({ record: undefined });
    const responses = [await another.send(CLICK, form), await unknown.send(CLICK, form)];
    expect(responses.map(({ status }) => status)).toEqual([404, 404]);
    expect(responses[0]?.body).toBe(responses[1]?.body);
    expect([another.calls, unknown.calls]).toEqual([[], []]);
  });

  test('on the sign-in host, and while the record cannot be read', async () => {
    const elsewhere = await open({ workbenchId: undefined as never });
    expect((await elsewhere.send(CLICK, form)).status).toBe(404);
    const failing = await open({ failing: true });
    expect((await failing.send(CLICK, form)).status).toBe(503);
    expect([elsewhere.calls, failing.calls]).toEqual([[], []]);
  });
});

describe('a command that is not carried out', () => {
  test('shows what the API says, with its status and the way back', async () => {
    const message = 'You may start 5 workbenches per minute. <Wait> a minute.';
    const { send } = await open({ result: { kind: 'refused', status: 429, message } });
    const response = await send(CLICK, 'back=/lab');
    expect(response.status).toBe(429);
    expect(textOf(parsePage(response.body))).toContain(message);
    expect(response.body).toContain('<a href="/lab">Back to the workbench</a>');
    const json = await send({ ...CLICK, accept: 'application/json' }, 'back=/lab');
    expect(JSON.parse(json.body)).toEqual({ message });
  });

  test('shows that the workbench no longer exists', async () => {
    const { send } = await open({ result: { kind: 'refused', status: 404, message: 'Gone.' } });
    const response = await send(CLICK, 'back=/');
    expect([response.status, response.body]).toEqual([404, expect.stringContaining('No such workbench')]);
  });

  test('shows that its outcome is not known when the API does not respond', async () => {
    const { send } = await open({ result: { kind: 'unavailable' } });
    const response = await send(CLICK, 'back=/');
    expect([response.status, response.headers['retry-after']]).toEqual([503, '5']);
    expect(response.body).toContain('It is not known whether the workbench will start.');
  });
});
