import type { Random } from '../../../bench/placement/random.ts';
import { ADAS, type AttackedGate, EVES, hostOf, MISSING, STOPPED } from './attacked-gate.ts';

/** Never part of what a workbench receives. */
export const CANARY = 'canary-of-a-secret';

/** What a Host header means: a workbench, or none. */
interface HostPart {
  readonly lines: readonly string[];
  readonly workbenchId?: string;
}

/** What a Cookie header means: a session of a user for one workbench, or none. */
interface CookiePart {
  readonly cookies: string;
  readonly session?: { readonly userId: string; readonly workbenchId: string };
}

interface FramingPart {
  readonly lines: readonly string[];
  readonly sent: string;
  /** Undefined if the request is malformed. */
  readonly body: string | undefined;
}

/** A request in parts whose meaning is known by their construction, not by parsing. */
export interface RandomRequest {
  readonly method: string;
  readonly target: string;
  readonly host: HostPart;
  readonly cookie: CookiePart;
  readonly origins: readonly string[];
  readonly sites: readonly string[];
  readonly modes: readonly string[];
  readonly destinations: readonly string[];
  readonly webSocket: boolean;
  readonly framing: FramingPart;
  readonly noise: readonly string[];
  readonly connection: string;
}

/** Where a request must arrive, and as whose. */
export interface Arrival {
  readonly workbenchId: string;
  readonly userId: string;
}

const OWNERS: Readonly<Record<string, string>> = { [ADAS]: 'ada', [EVES]: 'eve' };

/**
 * The reference: whether a request reaches a workbench. It shares no code with the gate, and is written from the table in
 * docs/architecture.md and SECURITY.md.
 */
export function expectedArrival(request: RandomRequest): Arrival | undefined {
  const { method, target, host, cookie, framing } = request;
  if (framing.body === undefined || !target.startsWith('/') || target.startsWith('/.wb/')) return undefined;
  const { workbenchId } = host;
  if (workbenchId === undefined || isForeign(request, `https://${hostOf(workbenchId)}`)) return undefined;
  const { session } = cookie;
  if (session === undefined || session.workbenchId !== workbenchId) return undefined;
  const owner = OWNERS[workbenchId];
  if (owner === undefined || method === '') return undefined;
  return session.userId === owner || session.userId === 'root'
    ? { workbenchId, userId: session.userId }
    : undefined;
}

function isForeign(request: RandomRequest, own: string): boolean {
  const { method, origins, sites, modes, destinations, webSocket } = request;
  if (origins.length > 0) return origins.some((origin) => origin !== own);
  if (sites.length === 0) return false;
  if (sites.length === 1 && (sites[0] === 'same-origin' || sites[0] === 'none')) return false;
  if (webSocket) return true;
  const isLink = modes.join() === 'navigate' && destinations.join() === 'document';
  return method === 'OPTIONS' ? false : !(isLink && ['GET', 'HEAD'].includes(method));
}

export interface Parts {
  readonly hosts: readonly (readonly [number, HostPart])[];
  readonly cookies: readonly (readonly [number, CookiePart])[];
}

/** Makes the parts that contain sessions. */
export async function createParts(gate: AttackedGate): Promise<Parts> {
  const session = async (weight: number, userId: 'ada' | 'eve' | 'root', workbenchId: string) =>
    [
      weight,
      { cookies: await gate.workbenchSession(userId, workbenchId), session: { userId, workbenchId } },
    ] as const;
  const ada = await gate.workbenchSession('ada', ADAS);
  const signIn = await gate.signInSession('ada');
  const host = (weight: number, workbenchId: string, text = hostOf(workbenchId)) =>
    [weight, { lines: [`Host: ${text}`], workbenchId }] as const;
  const noHost = (...lines: readonly string[]) => [1, { lines }] as const;
  const none = (cookies: string) => [1, { cookies }] as const;
  return {
    hosts: [
      host(20, ADAS),
      host(20, EVES),
      host(2, ADAS, hostOf(ADAS).toUpperCase()),
      host(2, EVES, `${hostOf(EVES)}:443`),
      host(1, STOPPED),
      host(1, MISSING),
      noHost('Host: wb.example'),
      noHost('Host: evil.example'),
      noHost(`Host: ${hostOf(ADAS)}.`),
      noHost(`Host: ${hostOf(ADAS)}:80`),
      noHost(`Host: ${hostOf(ADAS)}@${hostOf(EVES)}`),
      noHost(`Host: ${hostOf(ADAS)}`, `Host: ${hostOf(EVES)}`),
      noHost(`Host: ${hostOf(EVES)}`, `host: ${hostOf(EVES)}`),
      noHost('Host: 127.0.0.1'),
      noHost('Host:'),
      noHost(),
    ],
    cookies: [
      await session(12, 'ada', ADAS),
      await session(12, 'eve', EVES),
      await session(4, 'root', ADAS),
      await session(4, 'root', EVES),
      await session(2, 'eve', ADAS),
      await session(2, 'ada', EVES),
      await session(1, 'ada', STOPPED),
      none(signIn),
      none(signIn.replace('wb_u', 'wb_s')),
      none(ada.replace('__Host-', '')),
      [1, { cookies: `${ada}; __Host-wb_s=${CANARY}`, session: { userId: 'ada', workbenchId: ADAS } }],
      [1, { cookies: `__Host-wb_s=tossed; ${ada}`, session: { userId: 'ada', workbenchId: ADAS } }],
      none(`${ada}; ${'__Host-wb_s=tossed; '.repeat(4)}`),
      none(`${ada}; ${await gate.workbenchSession('root', ADAS)}`),
      none(`__Host-wb_s=${CANARY}`),
      none(ada.slice(0, -3)),
      none(''),
    ],
  };
}

const ORIGINS = [
  'https://evil.example',
  'null',
  '',
  'https://wb.example',
  `http://${hostOf(ADAS)}`,
  `https://${hostOf(ADAS)}:443`,
  `https://${hostOf(ADAS)}.evil.example`,
];
const SITES = ['same-origin', 'none', 'same-site', 'cross-site', 'Same-Origin', ''];
const MODES = ['navigate', 'navigate', 'no-cors', 'cors', 'Navigate', ''];
const DESTINATIONS = ['document', 'document', 'iframe', 'object', 'script', 'image', 'empty', ''];
const TARGETS = [
  ...[
    '/',
    '/lab?a=/.wb/enter',
    '//evil.example/x',
    '/.wb',
    '/.wbx/',
    '/.WB/start',
    '/%2ewb/enter',
    '/.wb%2fstart',
  ],
  ...['//.wb/start', '/./.wb/start', '/x/../.wb/start', '/\\.wb/start', '/.wb;/start', `/project/${EVES}/x`],
  ...['/@evil.example', '/https://evil.example/', '/%00', '/%zz', `/${'x'.repeat(3000)}`],
];
const REFUSED_TARGETS = [
  ...[
    '/.wb/',
    '/.wb/start',
    '/.wb/stop',
    '/.wb/health',
    '/.wb/reachable',
    '/.wb/stop-notice',
    '/.wb/../lab',
    '/.wb/%2e%2e/lab',
    '/.wb//lab',
    '/.wb/x?/lab',
  ],
  ...[
    `/.wb/enter?t=${CANARY}`,
    `https://${hostOf(ADAS)}/lab`,
    `http://${hostOf(EVES)}/`,
    '*',
    'lab',
    `${hostOf(EVES)}:443`,
  ],
];
const NOISE = [
  ...[
    `X-Workbench-User: ${CANARY}`,
    `x_workbench_USER: ${CANARY}`,
    `X.WB.Run: ${CANARY}`,
    `Authorization: Bearer ${CANARY}`,
  ],
  ...[`Proxy-Authorization: Basic ${CANARY}`, `X-Forwarded-Host: ${CANARY}`, `Forwarded: host=${CANARY}`],
  ...[
    `X-Original-URL: /${CANARY}`,
    `X-Rewrite-URL: /${CANARY}`,
    `X-Real-IP: ${CANARY}`,
    `X-Forwarded-For: ${CANARY}`,
  ],
  ...[
    `Cookie: __Host-wb_u=${CANARY}`,
    `Cookie: __Host-wb_e=${CANARY}; a=1`,
    'X-HTTP-Method-Override: DELETE',
  ],
  ...[
    'Connection: X-Workbench-User, Cookie, Host',
    'Connection: keep-alive',
    'Accept: text/html',
    'Purpose: prefetch',
  ],
  ...[
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Type: text/plain',
    'TE: trailers',
    'Expect: 100-continue',
  ],
];
const HIDDEN = `GET /hidden HTTP/1.1\r\nHost: ${hostOf(EVES)}\r\n\r\n`;
const BODIES: readonly (readonly [number, FramingPart])[] = [
  [12, { lines: [], sent: '', body: '' }],
  [3, { lines: ['Content-Length: 2'], sent: 'hi', body: 'hi' }],
  [3, { lines: ['Transfer-Encoding: chunked'], sent: '2\r\nhi\r\n0\r\n\r\n', body: 'hi' }],
  [2, { lines: [`Content-Length: ${HIDDEN.length}`], sent: HIDDEN, body: HIDDEN }],
  [1, { lines: ['Content-Length: 2', 'Transfer-Encoding: chunked'], sent: '0\r\n\r\n', body: undefined }],
  [1, { lines: ['Content-Length: 2', 'Content-Length: 0'], sent: HIDDEN, body: undefined }],
  [1, { lines: ['Content-Length: 0x2'], sent: HIDDEN, body: undefined }],
  [1, { lines: ['Content-Length : 2'], sent: HIDDEN, body: undefined }],
  [1, { lines: ['Transfer-Encoding: xchunked'], sent: `0\r\n\r\n${HIDDEN}`, body: undefined }],
  [
    1,
    { lines: ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], sent: HIDDEN, body: undefined },
  ],
];

export function drawRequest(random: Random, { hosts, cookies }: Parts): RandomRequest {
  const pick = <T>(values: readonly T[]): T => random.weighted(values.map((value) => [1, value] as const));
  const host = random.weighted(hosts);
  const own = `https://${hostOf(host.workbenchId ?? ADAS)}`;
  const webSocket = random.next() < 0.15;
  return {
    method:
      webSocket && random.next() < 0.8
        ? 'GET'
        : pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']),
    target: random.next() < 0.8 ? pick(TARGETS) : pick(REFUSED_TARGETS),
    host,
    cookie: random.weighted(cookies),
    origins: random.weighted([
      [6, () => []],
      [5, () => [own]],
      [1, () => [own, own]],
      [1, () => [own, pick(ORIGINS)]],
      [3, () => [pick(ORIGINS)]],
      [1, () => [`https://${hostOf(pick([ADAS, EVES]))}`]],
    ] satisfies [number, () => readonly string[]][])(),
    sites: random.weighted([
      [6, () => []],
      [5, () => ['same-origin']],
      [3, () => [pick(SITES)]],
      [1, () => [pick(SITES), pick(SITES)]],
    ] satisfies [number, () => readonly string[]][])(),
    modes: random.weighted([
      [6, () => [pick(MODES)]],
      [2, () => []],
      [1, () => [pick(MODES), pick(MODES)]],
    ] satisfies [number, () => readonly string[]][])(),
    destinations: random.weighted([
      [6, () => [pick(DESTINATIONS)]],
      [2, () => []],
      [1, () => [pick(DESTINATIONS), pick(DESTINATIONS)]],
    ] satisfies [number, () => readonly string[]][])(),
    webSocket,
    framing: random.weighted(BODIES),
    noise: Array.from({ length: Math.floor(random.between(0, 4)) }, () => pick(NOISE)),
    connection: webSocket ? 'Connection: Upgrade' : 'Connection: close',
  };
}

/** Returns the bytes of a request. @param mark a header line that names it */
export function render(request: RandomRequest, mark: string): string {
  const {
    method,
    target,
    host,
    cookie,
    origins,
    sites,
    modes,
    destinations,
    webSocket,
    framing,
    noise,
    connection,
  } = request;
  return [
    `${method} ${target} HTTP/1.1`,
    mark,
    ...host.lines,
    ...(cookie.cookies === '' ? [] : [`Cookie: a=1; ${cookie.cookies}; b=2`]),
    ...origins.map((origin) => `Origin: ${origin}`),
    ...sites.map((site) => `Sec-Fetch-Site: ${site}`),
    ...modes.map((mode) => `Sec-Fetch-Mode: ${mode}`),
    ...destinations.map((destination) => `Sec-Fetch-Dest: ${destination}`),
    ...(webSocket
      ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==']
      : []),
    ...framing.lines,
    ...noise,
    connection,
    '',
    framing.sent,
  ].join('\r\n');
}
