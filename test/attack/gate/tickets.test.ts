import { expect, test } from 'vitest';
import { createTicketSecret } from '#adapters/ticket-secret.ts';
import { UNKNOWN_TICKETS_MAX } from '#gate/session/ticket-attempts.ts';
import type { Exchange } from '../exchange.ts';
import {
  ADAS,
  type AttackedGate,
  EVES,
  FRONTEND,
  headerOf,
  hostOf,
  openAttackedGate,
  requestOf,
  STOPPED,
} from './attacked-gate.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const FROM_FRONTEND = `Referer: ${FRONTEND}/list`;

/** Follows a link with a ticket. */
function follow(gate: AttackedGate, secret: string, headers: readonly string[] = [], workbenchId = ADAS) {
  return gate.send(
    requestOf(`GET /.wb/enter?t=${secret}&p=/lab`, [`Host: ${hostOf(workbenchId)}`, ...headers]),
  );
}

/** Sends a form with a ticket. */
function post(gate: AttackedGate, secret: string, headers: readonly string[], workbenchId = ADAS) {
  return gate.send(
    requestOf('POST /.wb/enter', [`Host: ${hostOf(workbenchId)}`, FORM, ...headers], `t=${secret}&p=/lab`),
  );
}

/** Whether a response begins a session. */
function admits({ status, head }: Exchange): boolean {
  return status === 303 && /^set-cookie: __Host-wb_[su]=ey/im.test(head);
}

test('a ticket admits once: not again, and of ten at once one', async () => {
  const gate = await openAttackedGate();
  const secret = await gate.createTicket('ada', ADAS);
  expect(admits(await follow(gate, secret, [FROM_FRONTEND]))).toBe(true);
  expect((await follow(gate, secret, [FROM_FRONTEND])).status).toBe(403);
  expect((await post(gate, secret, [`Origin: ${FRONTEND}`])).status).toBe(403);
  const contested = await gate.createTicket('ada', ADAS);
  const entries = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? follow(gate, contested, [FROM_FRONTEND])
        : post(gate, contested, [`Origin: ${FRONTEND}`]),
    ),
  );
  expect(entries.filter(admits).length).toBe(1);
  expect(entries.filter(({ status }) => status === 403).length).toBe(9);
});

test('a ticket is used up by an attempt at another host, and by its expiry', async () => {
  const gate = await openAttackedGate();
  for (const host of [EVES, STOPPED]) {
    const secret = await gate.createTicket('ada', ADAS);
    expect((await follow(gate, secret, [FROM_FRONTEND], host)).status).toBe(403);
    expect((await follow(gate, secret, [FROM_FRONTEND])).status).toBe(403);
  }
  const late = await gate.createTicket('ada', ADAS);
  // 60 seconds, and the clock of the controller may be 30 seconds behind.
  gate.clock.advance(90_000);
  expect((await follow(gate, late, [FROM_FRONTEND])).status).toBe(403);
  expect(gate.tickets.size).toBe(0);
  // On the sign-in host there is no entry.
  const secret = await gate.createTicket('ada', ADAS);
  const { status } = await gate.send(
    requestOf(`GET /.wb/enter?t=${secret}`, ['Host: wb.example', FROM_FRONTEND]),
  );
  expect([status, gate.tickets.size]).toEqual([404, 1]);
});

test('a link signs no person in unnoticed: not without a session, not over the session of another user', async () => {
  const gate = await openAttackedGate();
  const visitors = [[], [`Cookie: ${await gate.workbenchSession('root', EVES)}`]];
  const sources = [
    [],
    ['Referer: https://evil.example/'],
    [`Referer: ${FRONTEND}.evil.example/`],
    ['Referer: https://evil.example/https://app.example/'],
    [`Referer: https://app.example@evil.example/`],
    ['Referer: http://app.example/'],
    [`Referer: https://${hostOf(ADAS)}/`],
    ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'],
    ['Sec-Fetch-Site: same-site'],
  ];
  for (const source of sources) {
    for (const visitor of visitors) {
      const secret = await gate.createTicket('eve', EVES);
      const entered = await follow(gate, secret, [...visitor, ...source, 'Accept: text/html'], EVES);
      expect([source, entered.status, /^set-cookie: __Host-wb_[^e]/im.test(entered.head)]).toEqual([
        source,
        200,
        false,
      ]);
      expect(headerOf(entered, 'content-security-policy')).toContain("frame-ancestors 'none'");
      expect(entered.body).toContain('eve');
      expect(entered.body.includes(secret)).toBe(false);
    }
  }
});

test('the form of another page begins no session, and does not use the ticket up', async () => {
  const gate = await openAttackedGate();
  const secret = await gate.createTicket('ada', ADAS);
  const foreign = [
    ['Origin: https://evil.example'],
    ['Origin: null'],
    ['Origin:'],
    [`Origin: https://${hostOf(EVES)}`],
    ['Origin: https://wb.example'],
    [`Origin: http://${hostOf(ADAS)}`],
    [`Origin: ${FRONTEND}.evil.example`],
    [`Origin: ${FRONTEND}:444`],
    [`Origin: ${FRONTEND}`, 'Origin: https://evil.example'],
    [`Origin: ${FRONTEND}, https://evil.example`],
    ['Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site'],
  ];
  for (const headers of foreign)
    expect([headers, (await post(gate, secret, headers)).status]).toEqual([headers, 403]);
  expect(gate.tickets.size).toBe(1);
  // Neither do requests that are no form, previews of the link, and other methods.
  for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json', '']) {
    const lines = [`Host: ${hostOf(ADAS)}`, `Content-Type: ${type}`, `Origin: ${FRONTEND}`];
    expect((await gate.send(requestOf('POST /.wb/enter', lines, `t=${secret}`))).status).toBe(403);
  }
  const link = `/.wb/enter?t=${secret}`;
  for (const [line, ...headers] of [
    [`HEAD ${link}`],
    [`PUT ${link}`],
    [`OPTIONS ${link}`],
    [`GET ${link}`, 'Sec-Purpose: prefetch;prerender'],
    [`GET ${link}&t=${secret}`],
    [`GET /.wb/enter?T=${secret}`],
    [`GET /.wb/enter/?t=${secret}`],
  ])
    await gate.send(requestOf(line ?? '', [`Host: ${hostOf(ADAS)}`, FROM_FRONTEND, ...headers]));
  expect(gate.tickets.size).toBe(1);
  expect(admits(await post(gate, secret, [`Origin: ${FRONTEND}`]))).toBe(true);
});

test('guessing is hopeless: a secret has 256 random bits, and only its hash is stored', async () => {
  const secrets = Array.from({ length: 1000 }, createTicketSecret);
  expect(new Set(secrets).size).toBe(1000);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url').length).toBe(32);
  const gate = await openAttackedGate();
  const secret = await gate.createTicket('ada', ADAS);
  const [hash = ''] = gate.tickets.hashes;
  const variants = [
    hash,
    secret.slice(1),
    `${secret}A`,
    `${secret}=`,
    ` ${secret}`,
    secret.toLowerCase(),
    '*',
    '',
    '%00',
  ];
  // Of the variants the hash and the one in lower case have the form of a ticket.
  for (const guess of [...variants, ...secrets.slice(0, UNKNOWN_TICKETS_MAX - 2)]) {
    const { status } = await follow(gate, encodeURIComponent(guess), [FROM_FRONTEND]);
    expect([guess, status]).toEqual([guess, 403]);
  }
  for (const guess of [...secrets.slice(0, 50), secret]) {
    const { status } = await follow(gate, guess, [FROM_FRONTEND]);
    expect([guess, status]).toEqual([guess, 429]);
  }
  expect(gate.tickets.size).toBe(1);
});

test('no response repeats a ticket, is stored, or names it as a referrer', async () => {
  const gate = await openAttackedGate();
  const secrets: string[] = [];
  const attempts = [
    (secret: string) => follow(gate, secret, [FROM_FRONTEND]),
    (secret: string) => follow(gate, secret, ['Accept: text/html']),
    (secret: string) => follow(gate, secret, ['Accept: text/html'], EVES),
    (secret: string) => post(gate, secret, [`Origin: ${FRONTEND}`]),
    (secret: string) => post(gate, secret, ['Origin: null', 'Accept: text/html']),
    (secret: string) => post(gate, secret, [`Origin: ${FRONTEND}`, 'Accept: text/html'], EVES),
  ];
  for (const attempt of attempts) {
    const secret = await gate.createTicket('ada', ADAS);
    secrets.push(secret);
    const response = await attempt(secret);
    expect(`${response.head}${response.body}`.includes(secret)).toBe(false);
    expect(headerOf(response, 'cache-control')).toBe('no-store');
    // The second is needed by forms, and names only the origin.
    expect(headerOf(response, 'referrer-policy')).toMatch(/^(?:no-referrer|strict-origin)$/);
  }
  await gate.settle();
  for (const secret of secrets) expect(gate.telemetry.text.includes(secret)).toBe(false);
  expect([gate.adas.received, gate.eves.received]).toEqual(['', '']);
});
