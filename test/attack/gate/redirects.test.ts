import { expect, inject, test } from 'vitest';
import { Random } from '../../../bench/placement/random.ts';
import { mapInParallel } from '../attacked-server.ts';
import {
  ADAS,
  type AttackedGate,
  BASE_URL,
  FRONTEND,
  headerOf,
  hostOf,
  LOCAL_SECRET,
  openAttackedGate,
  requestOf,
  STOPPED,
} from './attacked-gate.ts';

const OWN = `https://${hostOf(ADAS)}`;

/** Browsers read each of these as an address of another host, or as a script. */
const KNOWN = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example/',
  `https://${hostOf(ADAS)}.evil.example/`,
  `https://${hostOf(ADAS)}@evil.example/`,
  `https://evil.example/${OWN}/`,
  'javascript:alert(1)',
  'data:text/html,x',
  '/\t/evil.example/',
  '\t//evil.example',
  ' //evil.example',
  '/\n/evil.example',
  'https:evil.example',
  'https:/evil.example',
  '///evil.example',
  `${OWN}:444/`,
  `http://${hostOf(ADAS)}/`,
  `${OWN.toUpperCase()}/`,
  `${OWN}\\@evil.example/`,
  `${OWN}%2f@evil.example/`,
  OWN,
  `${OWN}?x`,
  `${OWN}//evil.example/`,
  `${OWN}/\\evil.example/`,
  `https://user@${hostOf(ADAS)}/`,
  'https://wb.example/',
  'https://wb.example/.wb/logout',
  'https://x.wb.example/',
  '',
];

const BEGINNINGS = [
  '',
  '/',
  '//',
  '///',
  '\\',
  '/\\',
  'https:',
  'https://',
  'https:/\\',
  'HTTP://',
  'javascript://',
  'blob:https://',
  '\t',
  '\x00',
  '/%09/',
  '/%5c',
  OWN,
];
const MIDDLES = ['@', '.', ':443@', '\\', '%40', '%00', '#@', '?@', ';@', '\t', '/..//', ''];
const ENDS = [
  'evil.example',
  'evil.example/',
  `evil.example/${hostOf(ADAS)}`,
  'evil。example',
  '2130706433',
  '[::1]/',
  `${hostOf(ADAS)}.evil.example`,
];

/** Draws 60 more. What begins with the origin of the workbench and a path is no attack. */
function drawUrls(random: Random): readonly string[] {
  const pick = (texts: readonly string[]) => random.weighted(texts.map((text) => [1, text] as const));
  const drawn = Array.from({ length: 60 }, () => `${pick(BEGINNINGS)}${pick(MIDDLES)}${pick(ENDS)}`);
  return drawn.filter((url) => !url.startsWith(`${OWN}/`));
}

/** Where a browser goes that is at this origin. */
function destination(location: string | undefined, origin: string): string | undefined {
  return location === undefined ? undefined : new URL(location, origin).origin;
}

function formOf(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

function postForm(
  gate: AttackedGate,
  path: string,
  headers: readonly string[],
  fields: Readonly<Record<string, string>>,
) {
  const lines = ['Content-Type: application/x-www-form-urlencoded', ...headers];
  return gate.send(requestOf(`POST ${path}`, lines, formOf(fields)));
}

test('a sign-in returns to no other host', async () => {
  const gate = await openAttackedGate();
  const urls = [...KNOWN, ...drawUrls(new Random(inject('seed')))];
  const session = `Cookie: ${await gate.signInSession('ada')}`;
  const host = 'Host: wb.example';
  await mapInParallel(urls, 4, async (rd) => {
    const link = await gate.send(requestOf(`GET /.wb/login?${formOf({ rd })}`, [host, session]));
    const form = await postForm(gate, '/.wb/login', [host, `Origin: ${BASE_URL}`], {
      rd,
      secret: LOCAL_SECRET,
    });
    for (const response of [link, form]) {
      expect([rd, response.status, headerOf(response, 'location')]).toEqual([rd, 400, undefined]);
      expect(response.head).not.toMatch(/^set-cookie/im);
    }
  });
  expect(gate.tickets.size).toBe(0);
  // Two of them, and the one that is allowed.
  const rd = `${OWN}/lab?a=//b`;
  const twice = await gate.send(
    requestOf(`GET /.wb/login?${formOf({ rd })}&${formOf({ rd })}`, [host, session]),
  );
  expect(twice.status).toBe(400);
  const allowed = await gate.send(requestOf(`GET /.wb/login?${formOf({ rd })}`, [host, session]));
  expect([allowed.status, destination(headerOf(allowed, 'location'), BASE_URL)]).toEqual([303, OWN]);
});

test.each(['host', 'prefix'] as const)(
  'in %s mode, entry, start, stop and sign-out lead to no other host',
  async (mode) => {
    const gate = await openAttackedGate({ mode });
    const urls = [...KNOWN, ...drawUrls(new Random(inject('seed') + 1)), '/lab', '/a?b=https://evil.example'];
    const addressOf = (id: string) =>
      mode === 'host' ? { host: hostOf(id), prefix: '' } : { host: 'wb.example', prefix: `/project/${id}` };
    const cookie = (id: string) =>
      mode === 'host' ? gate.workbenchSession('ada', id) : gate.signInSession('ada');
    const [running, stopped] = [addressOf(ADAS), addressOf(STOPPED)];
    const [ofRunning, ofStopped] = [`Cookie: ${await cookie(ADAS)}`, `Cookie: ${await cookie(STOPPED)}`];
    await mapInParallel(urls, 4, async (url) => {
      const t = await gate.createTicket('ada', ADAS);
      const path = `${running.prefix}/.wb/enter?${formOf({ t, p: url })}`;
      const responses = [
        await gate.send(requestOf(`GET ${path}`, [`Host: ${running.host}`, `Referer: ${FRONTEND}/`])),
        await postForm(
          gate,
          `${stopped.prefix}/.wb/start`,
          [`Host: ${stopped.host}`, ofStopped, `Origin: https://${stopped.host}`],
          { back: url },
        ),
        await postForm(
          gate,
          `${running.prefix}/.wb/stop`,
          [`Host: ${running.host}`, ofRunning, `Origin: https://${running.host}`],
          { back: url },
        ),
      ];
      for (const [index, response] of responses.entries()) {
        const location = headerOf(response, 'location');
        const { host } = index === 1 ? stopped : running;
        expect([url, response.status, destination(location, `https://${host}`)]).toEqual([
          url,
          303,
          `https://${host}`,
        ]);
        expect(location).toMatch(/^\/(?:[^/\\]|$)/);
      }
    });
    for (const name of ['rd', 'p', 'back', 'post_logout_redirect_uri', 'next', 'url']) {
      const query = formOf({ [name]: 'https://evil.example/' });
      const lines = [`Host: ${running.host}`, `Origin: https://${running.host}`];
      const response = await gate.send(requestOf(`POST /.wb/logout?${query}`, lines));
      expect([name, response.status, headerOf(response, 'location')]).toEqual([name, 200, undefined]);
    }
  },
);

test('a visit without a session leads to the sign-in host alone, and from there back to the same host', async () => {
  const gate = await openAttackedGate();
  const urls = [...KNOWN, ...drawUrls(new Random(inject('seed') + 2))].filter((url) =>
    /^\/[\x21-\x7e]*$/.test(url),
  );
  expect(urls.length).toBeGreaterThan(5);
  for (const url of [...urls, '/lab']) {
    const response = await gate.send(requestOf(`GET ${url}`, [`Host: ${hostOf(ADAS)}`, 'Accept: text/html']));
    const location = new URL(headerOf(response, 'location') ?? '');
    expect([url, response.status, location.origin, location.pathname]).toEqual([
      url,
      302,
      BASE_URL,
      '/.wb/login',
    ]);
    expect(new URL(location.searchParams.get('rd') ?? '').origin).toBe(OWN);
    expect(location.searchParams.get('rd')?.slice(OWN.length)).toMatch(/^\/(?![/\\])/);
  }
});
