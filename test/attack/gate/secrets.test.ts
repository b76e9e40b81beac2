import { expect, test } from 'vitest';
import {
  ADAS,
  type AttackedGate,
  BASE_URL,
  hostOf,
  LOCAL_SECRET,
  openAttackedGate,
  requestOf,
} from './attacked-gate.ts';

function enter(gate: AttackedGate, secret: string, headers: readonly string[] = []) {
  const lines = [
    'Host: wb.example',
    `Origin: ${BASE_URL}`,
    'Content-Type: application/x-www-form-urlencoded',
  ];
  const form = new URLSearchParams({ rd: `https://${hostOf(ADAS)}/`, secret });
  return gate.send(requestOf('POST /.wb/login', [...lines, ...headers], String(form)));
}

/** Returns the Cookie header with which a browser is known that has entered the secret. */
async function becomeKnown(gate: AttackedGate): Promise<string> {
  const { status, head } = await enter(gate, LOCAL_SECRET);
  expect(status).toBe(303);
  return `Cookie: ${/^set-cookie: (__Host-wb_k=[^;]+)/im.exec(head)?.[1]}`;
}

test('ten wrong secrets lock out their address, even if it claims to be another one, and no browser that has entered the secret', async () => {
  const gate = await openAttackedGate();
  const known = await becomeKnown(gate);
  const [, value = ''] = known.split('=');
  for (let count = 0; count < 10; count += 1)
    expect((await enter(gate, `wrong-${count}`, [`X-Forwarded-For: 10.0.0.${count}`])).status).toBe(403);
  const claims = [
    'X-Forwarded-For: 10.0.0.99',
    'X-Real-IP: 10.0.0.99',
    'Forwarded: for=10.0.0.99',
    'Cookie: __Host-wb_k=forged',
    `Cookie: __Host-wb_k=${value.slice(0, -2)}AA`,
    `Cookie: __host-wb_k=${value}`,
    `Cookie: __Host-wb_k=${await gate.sealFor('entry', { id: 'x' })}`,
    `Cookie: ${await gate.signInSession('eve')}`.replace('wb_u', 'wb_k'),
    `Cookie: ${'__Host-wb_k=x; '.repeat(4)}__Host-wb_k=${value}`,
  ];
  for (const claim of claims)
    expect([claim, (await enter(gate, LOCAL_SECRET, [claim])).status]).toEqual([claim, 429]);
  expect((await enter(gate, LOCAL_SECRET, [known])).status).toBe(303);
  expect((await enter(gate, LOCAL_SECRET, [`${known}; __Host-wb_k=tossed`])).status).toBe(303);
  gate.clock.advance(60_000);
  expect((await enter(gate, LOCAL_SECRET)).status).toBe(303);
});

test('the cookie of a known browser is no session, and allows ten wrong secrets as for others', async () => {
  const gate = await openAttackedGate();
  const known = await becomeKnown(gate);
  for (const host of ['wb.example', hostOf(ADAS)]) {
    const line = host === 'wb.example' ? 'GET /.wb/account' : 'GET /x';
    const value = known.replace('Cookie: __Host-wb_k=', '');
    const cookie = `Cookie: __Host-wb_k=${value}; __Host-wb_u=${value}; __Host-wb_s=${value}`;
    expect((await gate.send(requestOf(line, [`Host: ${host}`, cookie]))).status).toBe(401);
  }
  for (let count = 0; count < 10; count += 1)
    expect((await enter(gate, `wrong-${count}`, [known])).status).toBe(403);
  expect((await enter(gate, LOCAL_SECRET, [known])).status).toBe(429);
});
