import { expect, test } from 'vitest';
import { mapInParallel } from '../attacked-server.ts';
import { ADAS, hostOf, openAttackedGate, requestOf } from './attacked-gate.ts';
import { valuesOf } from './wire-reader.ts';

const SEPARATORS = ['-', '_', '.', '~', '|', "'", '!', '+', '*', '^', '`', '$', '#', '%', '&'];

/** Names that a program could confuse with those of the gate. */
function aliases(): readonly string[] {
  const names = [
    'X-Workbench-User',
    'X-Workbench-Admin',
    'X-WB-User',
    'X-Forwarded-User',
    'X-Forwarded-For',
    'X-Real-IP',
  ];
  return [
    ...names.flatMap((name) => SEPARATORS.map((separator) => name.replaceAll('-', separator))),
    ...names.flatMap((name) => [name.toUpperCase(), name.toLowerCase(), name.replace('-', '_')]),
    'x-WORKBENCH_user',
    'Forwarded',
    'FORWARDED',
    'Proxy-Authorization',
    'Proxy-Connection',
  ];
}

test('no header of a client pretends to be one of the gate', async () => {
  const gate = await openAttackedGate();
  const session = await gate.workbenchSession('ada', ADAS);
  const start = [`Host: ${hostOf(ADAS)}`, `Cookie: ${session}`];
  const statuses = await mapInParallel(aliases(), 4, async (name) => {
    const lines = [`${name}: root`, ...start, `${name}: root`];
    return (await gate.send(requestOf('GET /alias', lines))).status;
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  const noTokens = ['X-Workbench-User : root', 'X-Workbench User: root', 'X-Workbench-User', ': root'];
  for (const line of noTokens)
    expect([line, (await gate.send(requestOf('GET /bad', [...start, line]))).status]).toEqual([line, 400]);
  await gate.settle();
  expect(gate.adas.requests.length).toBe(aliases().length);
  expect(gate.adas.received.includes('root')).toBe(false);
  for (const request of gate.adas.requests) expect(valuesOf(request, 'x-workbench-user')).toEqual(['ada']);
});

test('Connection removes no header of the gate, and reveals none', async () => {
  const gate = await openAttackedGate();
  const session = await gate.workbenchSession('ada', ADAS);
  const options = [
    'X-Workbench-User',
    'x-workbench-user, x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-forwarded-port, x-real-ip',
    'Cookie',
    'close, Cookie',
    'Host',
    'Authorization',
    'Content-Length',
    'Transfer-Encoding',
    'X-Workbench-User, X_Workbench_User',
    ',,X-Workbench-User,,',
    'keep-alive, "X-Workbench-User"',
    `${'x, '.repeat(1000)}X-Workbench-User`,
  ];
  const results = await mapInParallel(options, 4, async (option, index) => {
    const lines = [
      `Host: ${hostOf(ADAS)}`,
      `Cookie: a=1; ${session}; b=2`,
      'Authorization: Bearer stolen',
      'Proxy-Authorization: Basic stolen',
      'X-Workbench-User: root',
      `Connection: ${option}`,
    ];
    return (await gate.send(requestOf(`POST /${index}`, lines, 'hi'))).status;
  });
  expect(new Set(results)).toEqual(new Set([200]));
  await gate.settle();
  const targets = gate.adas.requests.map(({ target }) => target);
  expect(targets.toSorted()).toEqual(options.map((_, index) => `/${index}`).toSorted());
  const names = ['x-workbench-user', 'x-forwarded-for', 'x-real-ip', 'cookie', 'host', 'authorization'];
  for (const request of gate.adas.requests) {
    const values = names.map((name) => valuesOf(request, name));
    expect(values).toEqual([['ada'], ['127.0.0.1'], ['127.0.0.1'], ['a=1; b=2'], [hostOf(ADAS)], []]);
    expect(request.body).toBe('hi');
  }
  expect(/stolen|root|__Host-wb/.test(gate.adas.received)).toBe(false);
  expect(gate.adas.faults).toEqual([]);
});

test('a session counts in the Cookie header only', async () => {
  const gate = await openAttackedGate();
  const session = await gate.workbenchSession('ada', ADAS);
  const value = session.slice(session.indexOf('=') + 1);
  const places = [
    `Authorization: Bearer ${value}`,
    `Authorization: ${session}`,
    `Cookie2: ${session}`,
    `X-Cookie: ${session}`,
    `Set-Cookie: ${session}`,
    `__Host-wb_s: ${value}`,
    `X-Forwarded-Cookie: ${session}`,
    `Referer: https://${hostOf(ADAS)}/?${session}`,
    'X-Workbench-User: ada',
  ];
  for (const line of places) {
    const { status } = await gate.send(requestOf(`GET /?${session}`, [`Host: ${hostOf(ADAS)}`, line]));
    expect([line, status]).toEqual([line, 401]);
  }
  await gate.settle();
  expect(gate.adas.received).toBe('');
});
