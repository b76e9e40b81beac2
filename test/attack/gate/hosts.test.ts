import { expect, test } from 'vitest';
import { mapInParallel } from '../attacked-server.ts';
import { ADAS, type AttackedGate, EVES, hostOf, openAttackedGate, requestOf } from './attacked-gate.ts';
import { valuesOf } from './wire-reader.ts';

/** A request of ada, who has sessions for everything that she may open, and whether it reaches her workbench. */
interface HostCase {
  readonly name: string;
  readonly bytes: string;
  readonly status: number;
  readonly reaches?: 'ada';
}

const CLOSE = 'Connection: close';

function hostCases(cookie: string): readonly HostCase[] {
  const [own, other] = [hostOf(ADAS), hostOf(EVES)];
  const withHost = (...hosts: readonly string[]) =>
    requestOf('GET /x', hosts.map((host) => `Host: ${host}`).concat(cookie));
  const withTarget = (target: string, host = own) => requestOf(`GET ${target}`, [`Host: ${host}`, cookie]);
  const withHeader = (line: string) => requestOf('GET /x', [`Host: ${own}`, cookie, line]);
  const cases = (
    group: string,
    status: number,
    entries: readonly string[],
    bytes: (entry: string) => string,
    reaches?: 'ada',
  ): readonly HostCase[] =>
    entries.map((entry) => ({
      name: `${group} ${JSON.stringify(entry)}`,
      bytes: bytes(entry),
      status,
      ...(reaches === undefined ? {} : { reaches }),
    }));
  return [
    // Other spellings of the same origin.
    ...cases('Host', 200, [own, own.toUpperCase(), `${own}:443`, `  ${own}\t`], withHost, 'ada'),
    // Her session is for the host of her workbench only.
    ...cases('Host', 401, [other, `${other}:443`, other.toUpperCase()], withHost),
    ...cases(
      'Host',
      404,
      [
        '',
        `${own}.`,
        `${own}:`,
        `${own}:80`,
        `${own}:8443`,
        `${own}:0443`,
        `${own}:443443`,
        `${own}:443:443`,
        `${own}:443@evil.example`,
        `user@${own}`,
        `user:password@${own}`,
        `${other}@${own}`,
        `${own}@${other}`,
        `${own}/`,
        `${own}/${other}`,
        `${own}?${other}`,
        `${own}#${other}`,
        `${own}\\${other}`,
        `${own},${other}`,
        `${own} ${other}`,
        `${own};${other}`,
        `https://${own}`,
        `.${own}`,
        `x.${own}`,
        `${ADAS}..wb.example`,
        `${ADAS}.wb.example.evil.example`,
        `${ADAS}.evil.example`,
        `${ADAS}`,
        `${ADAS}wb.example`,
        `${ADAS}.xwb.example`,
        `${ADAS.slice(1)}.wb.example`,
        `${ADAS}0.wb.example`,
        `${ADAS}%2ewb.example`,
        `%30${ADAS.slice(1)}.wb.example`,
        `${ADAS}\xe3\x80\x82wb.example`,
        `${ADAS}\xb7wb.example`,
        `xn--${ADAS}.wb.example`,
        `${ADAS.replace('k', '\xe4')}.wb.example`,
        '127.0.0.1',
        '127.0.0.1:443',
        '2130706433',
        '0x7f000001',
        '0177.0.0.1',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '[::1%25lo]',
        '0.0.0.0',
        'localhost',
        `${ADAS}.localhost`,
        `*.wb.example`,
        'evil.example',
        'null',
        '__proto__',
        'constructor',
        '__proto__.wb.example',
      ],
      withHost,
    ),
    { name: 'no Host', bytes: requestOf('GET /x', [cookie]), status: 400 },
    { name: 'no Host in HTTP/1.0', bytes: `GET /x HTTP/1.0\r\n${cookie}\r\n${CLOSE}\r\n\r\n`, status: 404 },
    ...[
      [own, other],
      [other, own],
      [own, own],
      ['', own],
    ].map((hosts) => ({ name: `Host twice ${hosts}`, bytes: withHost(...hosts), status: 400 })),
    {
      name: 'Host on a folded line',
      bytes: requestOf('GET /x', [`Host: ${own}\r\n ${other}`, cookie]),
      status: 400,
    },
    {
      name: 'Host with a space before the colon',
      bytes: requestOf('GET /x', [`Host : ${own}`, cookie]),
      status: 400,
    },
    // A target that has a host of its own.
    ...cases(
      'target',
      400,
      [
        `https://${own}/x`,
        `https://${other}/x`,
        `http://${other}/x`,
        `HTTPS://${other}/x`,
        `https://${other}`,
        `https://user@${other}/x`,
        `ws://${other}/x`,
        `file:///x`,
        `${other}:443`,
        `x`,
        '*',
        `?x`,
        '#x',
        `\\\\${other}\\x`,
        `:443/x`,
      ],
      withTarget,
    ),
    // They stay paths of the workbench that was asked for.
    ...cases(
      'target',
      200,
      [
        `//${other}/x`,
        `/\\${other}/x`,
        `/@${other}/x`,
        `/https://${other}/x`,
        `/..//${other}/x`,
        `/project/${EVES}/x`,
        `/%2f${other}/x`,
        `/x;${other}`,
        '/;@x:y',
      ],
      withTarget,
      'ada',
    ),
    // Headers of proxies. None of them changes where a request goes, and none reaches the workbench.
    ...cases(
      'header',
      200,
      [
        `X-Forwarded-Host: ${other}`,
        `X-Forwarded-Host: ${other}, ${own}`,
        `X_Forwarded_Host: ${other}`,
        `X-Forwarded-Server: ${other}`,
        'X-Forwarded-Port: 1',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Prefix: /project/x',
        `X-Forwarded-Uri: /.wb/enter`,
        `Forwarded: host=${other};for=10.0.0.1;proto=http`,
        `X-Original-URL: https://${other}/x`,
        'X-Original-URL: /.wb/start',
        `X-Original-Host: ${other}`,
        'X-Original-URI: /.wb/start',
        'X-Original-Method: DELETE',
        'X-Rewrite-URL: /.wb/start',
        'X_Rewrite.URL: /.wb/start',
        'X-Real-IP: 10.0.0.1',
        'X-WB-Upstream: 127.0.0.1:1',
        `X-WB-Run: x`,
      ],
      withHeader,
      'ada',
    ),
    // These have no meaning for the gate, and are those of the workbench.
    ...cases(
      'header',
      200,
      [
        `X-Host: ${other}`,
        `X-HTTP-Host-Override: ${other}`,
        `X-Backend-Host: ${other}`,
        `Proxy-Host: ${other}`,
        'X-HTTP-Method-Override: DELETE',
        'X-Method-Override: DELETE',
      ],
      withHeader,
      'ada',
    ),
    ...cases('header', 400, [`:authority: ${other}`, ':path: /x', `Host\0: ${other}`], withHeader),
  ];
}

/** What proxies tell, which must be the gate's own words. */
const OF_PROXIES = /^(?:forwarded|x.(?:forwarded|original|rewrite|real|wb|workbench).*)$/;

async function run(gate: AttackedGate, cases: readonly HostCase[]) {
  const statuses = await mapInParallel(cases, 4, async ({ name, bytes }, index) => {
    const marked = bytes.replace('\r\n', `\r\nX-Case: ${index}\r\n`);
    return [name, (await gate.send(marked)).status];
  });
  await gate.settle();
  return Object.fromEntries(statuses);
}

test('no spelling of a host, target or header opens another workbench', async () => {
  const gate = await openAttackedGate();
  const cookie = `Cookie: ${await gate.workbenchSession('ada', ADAS)}; ${await gate.signInSession('ada')}`;
  const cases = hostCases(cookie);
  expect(cases.length).toBeGreaterThanOrEqual(120);
  expect(await run(gate, cases)).toEqual(Object.fromEntries(cases.map(({ name, status }) => [name, status])));
  const reached = gate.adas.requests.map((request) => Number(valuesOf(request, 'x-case')[0]));
  const expected = cases.flatMap(({ reaches }, index) => (reaches === undefined ? [] : [index]));
  expect(reached.toSorted((a, b) => a - b)).toEqual(expected);
  for (const request of gate.adas.requests) {
    const ofProxies = request.headers.filter(([name]) => OF_PROXIES.test(name.toLowerCase()));
    const host = valuesOf(request, 'host')[0] ?? '';
    expect(host.toLowerCase().replace(/:443$/, '')).toBe(hostOf(ADAS));
    expect(Object.fromEntries(ofProxies)).toEqual({
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': host,
      'x-forwarded-port': '443',
      'x-workbench-user': 'ada',
    });
    expect(ofProxies.length).toBe(6);
  }
  expect(gate.adas.faults).toEqual([]);
  expect(gate.eves.received).toBe('');
  expect(gate.telemetry.errors).toEqual([]);
});

test('the session of the sign-in host opens no workbench there', async () => {
  const gate = await openAttackedGate();
  const cookie = `Cookie: ${await gate.signInSession('ada')}; ${await gate.workbenchSession('ada', ADAS)}`;
  const paths = [
    `/project/${ADAS}/x`,
    `/project/${EVES}/x`,
    `//project/${ADAS}/x`,
    `/x/../project/${ADAS}/x`,
  ];
  for (const path of paths) {
    const { status } = await gate.send(requestOf(`GET ${path}`, ['Host: wb.example', cookie]));
    expect([path, [403, 404].includes(status ?? 0)]).toEqual([path, true]);
  }
  await gate.settle();
  expect([gate.adas.received, gate.eves.received]).toEqual(['', '']);
});

test('in prefix mode the path alone decides which workbench is asked for', async () => {
  const gate = await openAttackedGate({ mode: 'prefix' });
  const cookie = `Cookie: ${await gate.signInSession('ada')}`;
  const ask = async (target: string, host = 'wb.example', more: readonly string[] = []) =>
    (await gate.send(requestOf(`GET ${target}`, [`Host: ${host}`, cookie, ...more]))).status;
  const own = `/project/${ADAS}`;
  const other = `/project/${EVES}`;
  expect(await ask(`${own}/a`)).toBe(200);
  expect(await ask(`${own}/b/../../${EVES}/x`)).toBe(200);
  expect(await ask(`${own}/%2e%2e/${EVES}/x`)).toBe(200);
  for (const target of [`${other}/x`, `${other}/`, `${other}//x`, `${other}/../${ADAS}/x`])
    expect([target, await ask(target)]).toEqual([target, 404]);
  for (const target of [
    `/${own}/x`,
    `/PROJECT/${ADAS}/x`,
    `/project//${ADAS}/x`,
    `/project/${ADAS}%2fx`,
    `/x${own}/x`,
  ])
    expect([target, await ask(target)]).toEqual([target, 404]);
  for (const host of [hostOf(ADAS), hostOf(EVES), 'evil.example', 'wb.example.', 'wb.example:444', ''])
    expect([host, await ask(`${own}/x`, host)]).toEqual([host, 404]);
  expect(
    await ask(`${own}/c`, 'WB.EXAMPLE:443', [`X-Forwarded-Prefix: ${other}`, `X-Original-URL: ${other}/x`]),
  ).toBe(200);
  await gate.settle();
  expect(gate.adas.requests.map(({ target }) => target)).toEqual([
    '/a',
    `/b/../../${EVES}/x`,
    `/%2e%2e/${EVES}/x`,
    '/c',
  ]);
  for (const request of gate.adas.requests) {
    expect(valuesOf(request, 'x-forwarded-prefix')).toEqual([own]);
    expect(valuesOf(request, 'x-workbench-user')).toEqual(['ada']);
    expect(valuesOf(request, 'cookie')).toEqual([]);
  }
  expect(gate.eves.received).toBe('');
});
