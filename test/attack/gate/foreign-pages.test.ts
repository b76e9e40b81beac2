import { expect, test } from 'vitest';
import { mapInParallel } from '../attacked-server.ts';
import {
  ADAS,
  type AttackedGate,
  EVES,
  FRONTEND,
  hostOf,
  openAttackedGate,
  requestOf,
  STOPPED,
} from './attacked-gate.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const HANDSHAKE = [
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
];

/** What browsers send with a request of a page that is not at this host. */
function foreignHeaders(host: string): readonly (readonly string[])[] {
  const own = `https://${host}`;
  const origins = [
    'https://evil.example',
    'null',
    '',
    'file://',
    `https://${hostOf(EVES)}`,
    'https://wb.example',
    FRONTEND,
    `http://${host}`,
    `${own}:444`,
    `${own}:443`,
    `${own}.`,
    `${own}/`,
    `${own}.evil.example`,
    `https://evil.example/${own}`,
    `${own} https://evil.example`,
    `${own}, ${own}`,
    `wss://${host}`,
    host,
  ];
  return [
    ...origins.map((origin) => [`Origin: ${origin}`]),
    ...origins.map((origin) => [`Origin: ${own}`, `Origin: ${origin}`]),
    ...origins.map((origin) => [
      `Origin: ${origin}`,
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Mode: navigate',
    ]),
    ...['cross-site', 'same-site', 'Same-Origin', 'same-origin, none', 'x', ''].map((site) => [
      `Sec-Fetch-Site: ${site}`,
    ]),
    ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
  ];
}

/** What browsers send if a script of a workbench, which has the origin of the forms of the gate, sends one of them. */
const FORMS_OF_SCRIPTS = [
  ...['cors', 'same-origin', 'no-cors'].map((mode) => [`Sec-Fetch-Mode: ${mode}`, 'Sec-Fetch-Dest: empty']),
  ...['iframe', 'frame', 'embed', 'object', 'fencedframe', 'empty', 'Document', 'document, document', ''].map(
    (dest) => ['Sec-Fetch-Mode: navigate', `Sec-Fetch-Dest: ${dest}`, 'Sec-Fetch-User: ?1'],
  ),
  ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Sec-CH-UA: "Chromium";v="140"'],
  ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Sec-CH-UA: "Chromium"', 'Sec-Fetch-User: ?0'],
];

async function openWithSessions() {
  const gate = await openAttackedGate();
  const linesOf = async (workbenchId: string) => [
    `Host: ${hostOf(workbenchId)}`,
    `Cookie: ${await gate.workbenchSession('ada', workbenchId)}`,
  ];
  return { gate, running: await linesOf(ADAS), stopped: await linesOf(STOPPED) };
}

/** Whether the sessions of ada are still valid. */
async function isSignedIn(gate: AttackedGate, lines: readonly string[]): Promise<boolean> {
  gate.clock.advance(5_000);
  return (await gate.send(requestOf('GET /signed-in', lines))).status === 200;
}

test('a page of another origin changes nothing: not in a workbench, and not with the forms of the gate', async () => {
  const { gate, running, stopped } = await openWithSessions();
  const attacks = [
    ...foreignHeaders(hostOf(ADAS)).flatMap((foreign) =>
      ['POST /x', 'PUT /x', 'DELETE /x', 'PATCH /x', 'PROPFIND /x', 'POST /.wb/stop', 'POST /.wb/logout'].map(
        (line) => requestOf(line, [...running, FORM, ...foreign], 'back=/'),
      ),
    ),
    ...foreignHeaders(hostOf(STOPPED)).map((foreign) =>
      requestOf('POST /.wb/start', [...stopped, FORM, ...foreign], 'back=/'),
    ),
  ];
  const statuses = await mapInParallel(attacks, 4, async (bytes) => (await gate.send(bytes)).status);
  expect(new Set(statuses)).toEqual(new Set([403]));
  expect(gate.commands).toEqual([]);
  expect(await isSignedIn(gate, running)).toBe(true);
  await gate.settle();
  expect(gate.adas.requests.map(({ target }) => target)).toEqual(['/signed-in']);
});

test('start, stop and sign-out need the form of a page of the same host', async () => {
  const { gate, running, stopped } = await openWithSessions();
  const own = `Origin: https://${hostOf(STOPPED)}`;
  const noForms = [
    [FORM],
    [FORM, 'Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate'],
    [FORM, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors'],
    [FORM, own, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: no-cors'],
    ...FORMS_OF_SCRIPTS.map((headers) => [FORM, own, 'Sec-Fetch-Site: same-origin', ...headers]),
    [own],
    [own, 'Content-Type: text/plain'],
    [own, 'Content-Type: multipart/form-data; boundary=x'],
    [own, 'Content-Type: application/json'],
    [own, 'Content-Type: application/x-www-form-urlencoded-x'],
  ];
  for (const headers of noForms) {
    const { status } = await gate.send(requestOf('POST /.wb/start', [...stopped, ...headers], 'back=/'));
    expect([headers, status === 303]).toEqual([headers, false]);
  }
  for (const name of ['stop', 'logout']) {
    for (const headers of FORMS_OF_SCRIPTS) {
      const lines = [...running, FORM, `Origin: https://${hostOf(ADAS)}`, 'Sec-Fetch-Site: same-origin'];
      const { status } = await gate.send(requestOf(`POST /.wb/${name}`, [...lines, ...headers], 'back=/'));
      expect([name, headers, status]).toEqual([name, headers, 400]);
    }
  }
  for (const name of ['start', 'stop', 'logout']) {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const lines = [...running, FORM, `Origin: https://${hostOf(ADAS)}`];
      const overrides = ['X-HTTP-Method-Override: POST', 'X-HTTP-Method: POST', 'X-Method-Override: POST'];
      const line = `${method} /.wb/${name}?_method=POST&back=/`;
      const { status } = await gate.send(requestOf(line, [...lines, ...overrides]));
      expect([line, status]).toEqual([line, 405]);
    }
  }
  // The session of another workbench, of another user, and none.
  const others = [
    await gate.workbenchSession('ada', ADAS),
    await gate.workbenchSession('eve', STOPPED),
    'a=b',
  ];
  for (const cookie of others) {
    const lines = [`Host: ${hostOf(STOPPED)}`, `Cookie: ${cookie}`, FORM, own];
    expect((await gate.send(requestOf('POST /.wb/start', lines, 'back=/'))).status).not.toBe(303);
  }
  expect(gate.commands).toEqual([]);
  expect(await isSignedIn(gate, running)).toBe(true);
  expect((await gate.send(requestOf('POST /.wb/start', [...stopped, FORM, own], 'back=/'))).status).toBe(303);
  expect(gate.commands).toEqual([`start ada ${STOPPED}`]);
});

test('a page of another origin opens no WebSocket', async () => {
  const { gate, running } = await openWithSessions();
  const handshake = (headers: readonly string[]) =>
    requestOf('GET /socket', [...running, ...HANDSHAKE, ...headers]).replace(
      'Connection: close',
      'Connection: Upgrade',
    );
  const foreign = foreignHeaders(hostOf(ADAS));
  const statuses = await mapInParallel(
    foreign,
    4,
    async (headers) => (await gate.send(handshake(headers))).status,
  );
  expect(new Set(statuses)).toEqual(new Set([403]));
  // Browsers send Origin with every WebSocket. Programs may leave it out.
  const own = `https://${hostOf(ADAS)}`;
  for (const headers of [
    [`Origin: ${own}`],
    [`Origin: ${own.toUpperCase()}`, 'Sec-Fetch-Site: same-origin'],
    [],
  ])
    expect([headers, (await gate.send(handshake(headers))).status]).toEqual([headers, 101]);
  await gate.settle();
  expect(gate.adas.requests.length).toBe(3);
});
