import { expect, test } from 'vitest';
import { ADAS, EVES, hostOf, openAttackedGate, requestOf } from './attacked-gate.ts';

/** The gate responds to these itself, whether or not it has such a path. */
const RESERVED = [
  '/.wb/',
  '/.wb/x',
  '/.wb/start',
  '/.wb/START',
  '/.wb/start/',
  '/.wb/start?x',
  '/.wb/start#x',
  '/.wb/start;x',
  '/.wb/%73tart',
  '/.wb//start',
  '/.wb/./start',
  '/.wb/../start',
  '/.wb/../../x',
  '/.wb/%2e%2e/x',
  '/.wb/%2e%2e%2fx',
  '/.wb/..\\x',
  '/.wb/.wb/start',
  '/.wb/?/../x',
];

/** These belong to the workbench, which gets them as they are. */
const OTHERS = [
  '/.wb',
  '/.wb?x',
  '/.wb;/start',
  '/.wb%2fstart',
  '/.wb%2Fstart',
  '/.wb%5cstart',
  '/.wb\\start',
  '/.WB/start',
  '/.Wb/start',
  '/%2ewb/start',
  '/%2Ewb/start',
  '/.%77b/start',
  '/%252ewb/start',
  '/%c0%aewb/start',
  '//.wb/start',
  '///.wb/start',
  '/./.wb/start',
  '/x/../.wb/start',
  '/x/%2e%2e/.wb/start',
  '/..;/.wb/start',
  '/\\.wb/start',
  '/%2f.wb/start',
  '/%09.wb/start',
  '/%00/.wb/start',
  '/?/.wb/start',
  '/#/.wb/start',
  '/..wb/start',
  '/.wb./start',
  '/wb/start',
];

/** HTTP does not allow them in a path. */
const INVALID = ['/\t.wb/start', '/.wb/\x00', '/.wb\x01/', ' /.wb/start x', '.wb/start', '?/.wb/start'];

test.each(['host', 'prefix'] as const)(
  'in %s mode a path of the gate is one in its only spelling',
  async (mode) => {
    const gate = await openAttackedGate({ mode });
    const host = mode === 'host' ? hostOf(ADAS) : 'wb.example';
    const prefix = mode === 'host' ? '' : `/project/${ADAS}`;
    const cookie = await (mode === 'host' ? gate.workbenchSession('ada', ADAS) : gate.signInSession('ada'));
    const lines = [`Host: ${host}`, `Cookie: ${cookie}`, `Origin: https://${host}`];
    const form = 'Content-Type: application/x-www-form-urlencoded';
    const statusOf = async (line: string) =>
      (await gate.send(requestOf(line, [...lines, form], 'back=/'))).status;
    for (const path of RESERVED) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        // With these two a form is sent.
        if (method === 'POST' && /^\/\.wb\/start(?:\?x)?$/.test(path)) continue;
        expect([path, [403, 404, 405].includes((await statusOf(`${method} ${prefix}${path}`)) ?? 0)]).toEqual(
          [path, true],
        );
      }
    }
    for (const path of INVALID) expect([path, await statusOf(`POST ${path}`)]).toEqual([path, 400]);
    for (const path of OTHERS) expect([path, await statusOf(`POST ${prefix}${path}`)]).toEqual([path, 200]);
    expect(gate.commands).toEqual([]);
    // The workbench of another user has its own paths of the gate, and none is reached through this one.
    expect(await statusOf(`POST ${prefix}/../${EVES}/.wb/stop`)).toBe(200);
    expect(gate.commands).toEqual([]);
    await gate.settle();
    const targets = gate.adas.requests.map(({ target }) => target);
    expect(targets).toEqual([...OTHERS, `/../${EVES}/.wb/stop`]);
    expect(targets.filter((target) => target.startsWith('/.wb/'))).toEqual([]);
    expect(gate.eves.received).toBe('');
  },
);
