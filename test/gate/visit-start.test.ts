import { describe, expect, test } from 'vitest';
import type { ActingRole } from '#core/access/rights.ts';
import type { CommandResult } from '#gate/ports.ts';
import { VisitStart } from '#gate/visit-start.ts';
import { ID, starting, stopped, stopping, USER } from '#test/builders/workbench.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { openSignedInGate } from './open-signed-in-gate.ts';

const VISIT = {
  accept: 'text/html',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-user': '?1',
  'sec-fetch-dest': 'document',
};

function openVisits(result: CommandResult = { kind: 'accepted' }) {
  const calls: string[] = [];
  const visits = new VisitStart({
    async start(userId, workbenchId) {
      calls.push(`${userId} ${workbenchId}`);
      return result;
    },
  });
  const visit = (
    headers: Record<string, string>,
    method = 'GET',
    workbench = stopped(),
    role: ActingRole = 'owner',
  ) => visits.startFor({ method, headers }, { kind: 'not_running', workbench, role }, '/lab');
  return { visit, calls };
}

test.each(['none', 'same-site', 'cross-site'])('a visit from %s starts the workbench', async (site) => {
  const { visit, calls } = openVisits();
  const page = await visit({ ...VISIT, 'sec-fetch-site': site });
  expect(page).toMatchObject({ status: 503, reloadAfterSeconds: 2, title: 'AutoCyber: starting' });
  expect(calls).toEqual([`${USER} ${ID}`]);
});

describe('nothing is started by', () => {
  const { 'sec-fetch-user': _user, ...withoutUser } = VISIT;
  test.each<[string, Record<string, string>, string?]>([
    ['a reload by the page itself', { ...withoutUser, 'sec-fetch-site': 'same-origin' }],
    ['a reload by the page itself soon after a click', { ...VISIT, 'sec-fetch-site': 'same-origin' }],
    ['a redirect by a script', withoutUser],
    [
      'a poll',
      { accept: '*/*', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    ],
    ['a poll of another page', { ...VISIT, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a WebSocket', { ...VISIT, 'sec-fetch-mode': 'websocket', upgrade: 'websocket' }],
    ['an upgrade', { ...VISIT, upgrade: 'websocket' }],
    ['a frame', { ...VISIT, 'sec-fetch-dest': 'iframe' }],
    ['an image', { ...VISIT, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a prefetch', { ...VISIT, 'sec-purpose': 'prefetch' }],
    ['a prerendering', { ...VISIT, 'sec-purpose': 'prefetch;prerender' }],
    ['a prefetch of old browsers', { ...VISIT, purpose: 'prefetch' }],
    ['a program', { accept: 'text/html' }],
    [
      'a program that sends some headers',
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1', 'sec-fetch-dest': 'document' },
    ],
    ['HEAD', VISIT, 'HEAD'],
    ['POST', VISIT, 'POST'],
  ])('%s', async (_, headers, method = 'GET') => {
    const { visit, calls } = openVisits();
    expect(await visit(headers, method)).toBe(undefined);
    expect(calls).toEqual([]);
  });

  test('the visit of a workbench that is not stopped, or that the visitor may not start', async () => {
    const { visit, calls } = openVisits();
    expect(await visit(VISIT, 'GET', starting() as never)).toBe(undefined);
    expect(await visit(VISIT, 'GET', stopping() as never)).toBe(undefined);
    expect(await visit(VISIT, 'GET', stopped(), 'use')).toBe(undefined);
    expect(calls).toEqual([]);
  });
});

test('a start that is refused shows why', async () => {
  const { visit } = openVisits({ kind: 'refused', status: 429, message: 'Too many starts.' });
  expect(await visit(VISIT)).toMatchObject({ status: 429, json: { message: 'Too many starts.' } });
});

test('a start with an unknown outcome says so', async () => {
  const { visit } = openVisits({ kind: 'unavailable' });
  expect(await visit(VISIT)).toMatchObject({ status: 503, title: 'The controller does not respond' });
});

test('the gate starts for the visit of the owner and for nothing else', async () => {
  const calls: string[] = [];
  const visitStart = new VisitStart({
    async start(userId) {
      calls.push(userId);
      return { kind: 'accepted' };
    },
  });
  const { port, table } = await openSignedInGate({ visitStart });
  table.put(stopped());
  const lines = Object.entries(VISIT).map(([name, value]) => `${name}: ${value}`);
  const send = (user: string, headers: readonly string[]) =>
    sendRaw(
      port,
      rawRequest('GET /lab', [`Host: ${ID}.wb.example`, `Cookie: __Host-wb_s=${user}@${ID}`, ...headers]),
    );
  expect((await send('eve', lines)).status).toBe(404);
  const reload = lines.map((line) => line.replace('sec-fetch-site: none', 'sec-fetch-site: same-origin'));
  expect((await send(USER, reload)).body).toContain('The workbench is stopped.');
  expect(calls).toEqual([]);
  expect((await send(USER, lines)).body).toContain('The workbench is starting.');
  expect(calls).toEqual([USER]);
});
