import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { mapInParallel } from '../attacked-server.ts';
import {
  ADAS,
  type AttackedGate,
  EVES,
  hostOf,
  openAttackedGate,
  requestOf,
  SEAL_SECRETS,
  STOPPED,
} from './attacked-gate.ts';
import { valuesOf } from './wire-reader.ts';

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function keyId(secret: string): string {
  return createHmac('sha256', secret).update('id of the key').digest('base64url').slice(0, 12);
}

/** Makes a sealed value without the code of the gate. */
function forge(header: object, content: object, secret: string, hash = 'sha256'): string {
  const text = `${encode(header)}.${encode(content)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** A valid session of eve at her own workbench. */
async function sealedForEve(gate: AttackedGate): Promise<string> {
  return (await gate.workbenchSession('eve', EVES)).replace(/^[^=]*=/, '');
}

/** Cookie headers that are no session for the workbench of ada. */
async function hostileCookies(gate: AttackedGate): Promise<Readonly<Record<string, string>>> {
  const good = await gate.workbenchSession('ada', ADAS);
  const value = good.slice(good.indexOf('=') + 1);
  const [head = '', body = '', signature = ''] = value.split('.');
  const signIn = await gate.signInSession('ada');
  const now = gate.clock.now();
  const content = { sub: 'ada', admin: true, wid: ADAS, signed_in_at: now, exp: now / 1000 + 3600 };
  const { current, previous } = SEAL_SECRETS;
  const header = { alg: 'HS256', kid: keyId(current), typ: 'wb-workbench-session+jwt' };
  const stranger = 'x'.repeat(40);
  const forged = (changes: object, contentChanges: object = {}, secret = current, hash = 'sha256') =>
    `__Host-wb_s=${forge({ ...header, ...changes }, { ...content, ...contentChanges }, secret, hash)}`;
  const sealed = async (...args: Parameters<AttackedGate['sealFor']>) =>
    `__Host-wb_s=${await gate.sealFor(...args)}`;
  const jwk = { kty: 'oct', k: Buffer.from(stranger).toString('base64url') };
  return {
    // Names.
    'without the prefix': `wb_s=${value}`,
    'of another prefix': `__Secure-wb_s=${value}`,
    'in lower case': `__host-wb_s=${value}`,
    'in upper case': `__HOST-WB_S=${value}`,
    'with a space in the name': `__Host- wb_s=${value}`,
    'with a longer name': `__Host-wb_s2=${value}`,
    encoded: `__Host%2Dwb_s=${value}`,
    'in quotes': `"__Host-wb_s"=${value}`,
    'without a name': `=__Host-wb_s=${value}`,
    'inside another cookie': `a=__Host-wb_s=${value}`,
    'inside quotes of another cookie': `a="__Host-wb_s=${value}"`,
    'behind a comma': `a=b,__Host-wb_s=${value}`,
    'with attributes of RFC 2965': `$Version=1,__Host-wb_s=${value}`,
    // Duplicates.
    'with that of another user': `${good}; ${await gate.workbenchSession('eve', ADAS)}`,
    'with that of an administrator': `${await gate.workbenchSession('root', ADAS)}; ${good}`,
    'behind four others': `${'__Host-wb_s=tossed; '.repeat(4)}${good}`,
    'before four others': `${good}${'; __Host-wb_s=tossed'.repeat(4)}`,
    'before 5,000 others': `${good}${'; __Host-wb_s='.repeat(3_500)}`,
    'twice, and none': '__Host-wb_s=a; __Host-wb_s=b',
    // Values.
    empty: '__Host-wb_s=',
    'without a value': '__Host-wb_s',
    quoted: `__Host-wb_s="${value}"`,
    'with a space inside': `__Host-wb_s=${value.slice(0, 20)} ${value.slice(20)}`,
    'with a fourth part': `${good}.x`,
    'without a signature': `__Host-wb_s=${head}.${body}.`,
    'of two parts': `__Host-wb_s=${head}.${body}`,
    'of five parts': `__Host-wb_s=${head}..${body}.${signature}.x`,
    'with a shorter signature': good.slice(0, -4),
    'with another user in the middle': `__Host-wb_s=${head}.${encode({ ...content, sub: 'root' })}.${signature}`,
    JSON: `__Host-wb_s=${JSON.stringify(content)}`,
    'JWS in JSON': `__Host-wb_s=${encode({ protected: head, payload: body, signature })}`,
    'too long': forged({}, { pad: 'x'.repeat(5000) }),
    // Other owners and purposes.
    'of eve for her workbench': await gate.workbenchSession('eve', EVES),
    'of ada for another workbench': await gate.workbenchSession('ada', STOPPED),
    'of root for another workbench': await gate.workbenchSession('root', EVES),
    'of the sign-in host': signIn,
    'of the sign-in host under this name': signIn.replace('wb_u', 'wb_s'),
    'of a sign-in with a workbench': await sealed('sign-in-session', content),
    'of a sign-in state': await sealed('sign-in-state', content),
    'of an entry': await sealed('entry', content),
    'under the name of the sign-in': good.replace('wb_s', 'wb_u'),
    'under the name of the state': good.replace('wb_s', 'wb_l'),
    // Keys and headers. The rest is as the gate makes it.
    'of another key': forged({}, {}, stranger),
    'of an unknown key id': forged({ kid: 'unknown' }),
    'of the key id of the other key': forged({ kid: keyId(previous) }),
    'without a key id': forged({ kid: undefined }),
    'of a key id that is no text': forged({ kid: [keyId(current)] }),
    'of a path as the key id': forged({ kid: '../../dev/null' }, {}, ''),
    'of an empty key': forged({}, {}, ''),
    'of the key id as the key': forged({}, {}, keyId(current)),
    'alg none': `__Host-wb_s=${encode({ ...header, alg: 'none' })}.${encode(content)}.`,
    'alg None with a signature': forged({ alg: 'None' }),
    'alg HS512': forged({ alg: 'HS512' }, {}, current, 'sha512'),
    'alg HS384': forged({ alg: 'HS384' }, {}, current, 'sha384'),
    'alg RS256': forged({ alg: 'RS256' }),
    'without an alg': forged({ alg: undefined }),
    'with jwk': forged({ kid: 'mine', jwk }, {}, stranger),
    'with jwk and a known key id': forged({ jwk }, {}, stranger),
    'with x5u and jku': forged(
      { x5u: 'https://evil.example/x', jku: 'https://evil.example/j' },
      {},
      stranger,
    ),
    'with an unknown crit': forged({ crit: ['evil'], evil: true }),
    'with b64 false': forged({ crit: ['b64'], b64: false }),
    'of another type': forged({ typ: 'JWT' }),
    'of a type of OpenID Connect': forged({ typ: 'at+jwt' }),
    'without a type': forged({ typ: undefined }),
    // Contents that the gate never seals.
    expired: forged({}, { exp: now / 1000 - 1 }),
    'expired now': forged({}, { exp: now / 1000 }),
    'without an expiry': forged({}, { exp: undefined }),
    'with an expiry as text': forged({}, { exp: String(now / 1000 + 3600) }),
    'not yet valid': forged({}, { nbf: now / 1000 + 3600 }),
    'without a user': forged({}, { sub: undefined }),
    'of an empty user': forged({}, { sub: '' }),
    'of a user that is a list': forged({}, { sub: ['ada'] }),
    'with admin as text': forged({}, { admin: 'true' }),
    'without a workbench': forged({}, { wid: undefined }),
    'of a workbench in upper case': forged({}, { wid: ADAS.toUpperCase() }),
    'of two workbenches': forged({}, { wid: [ADAS, EVES] }),
    'of any workbench': forged({}, { wid: '*' }),
    'without the time of the sign-in': forged({}, { signed_in_at: undefined }),
  };
}

test('no tossed, foreign or forged cookie is a session', async () => {
  const gate = await openAttackedGate();
  const cookies = Object.entries(await hostileCookies(gate));
  expect(cookies.length).toBeGreaterThanOrEqual(70);
  const results = await mapInParallel(cookies, 4, async ([name, cookie]) => {
    const request = requestOf('GET /x', [`Host: ${hostOf(ADAS)}`, `Cookie: ${cookie}`]);
    return [name, (await gate.send(request)).status];
  });
  expect(Object.fromEntries(results)).toEqual(Object.fromEntries(cookies.map(([name]) => [name, 401])));
  await gate.settle();
  expect([gate.adas.received, gate.eves.received]).toEqual(['', '']);
  expect(gate.telemetry.errors).toEqual([]);
});

test('what the forgeries change makes them fail: unchanged they are sessions, also with the previous key', async () => {
  const gate = await openAttackedGate();
  const now = gate.clock.now();
  const content = { sub: 'ada', admin: false, wid: ADAS, signed_in_at: now, exp: now / 1000 + 3600 };
  for (const secret of Object.values(SEAL_SECRETS)) {
    const header = { alg: 'HS256', kid: keyId(secret), typ: 'wb-workbench-session+jwt' };
    const lines = [`Host: ${hostOf(ADAS)}`, `Cookie: __Host-wb_s=${forge(header, content, secret)}`];
    expect((await gate.send(requestOf('GET /x', lines))).status).toBe(200);
  }
});

test('tossed cookies neither end a session nor reveal it to the workbench', async () => {
  const gate = await openAttackedGate();
  const good = await gate.workbenchSession('ada', ADAS);
  const signIn = await gate.signInSession('ada');
  /** A Cookie header, and what the workbench gets of it. */
  const tossed: Readonly<Record<string, readonly [string, string | undefined]>> = {
    alone: [good, undefined],
    'other-names': [`wb_s=tossed; ${good}; __Host-other=1`, 'wb_s=tossed; __Host-other=1'],
    'other-cookies-of-the-gate': [`${signIn}; a=1; ${good}; __Host-wb_l=x; __host-WB_new=y`, 'a=1'],
    'without-a-name': [`${good}; =__Host-wb_s=x; ==__Host-wb_u=y; a=1`, 'a=1'],
    'no-spaces': [`a=1;${good};b=2`, 'a=1;b=2'],
    'many-spaces': [`a=1;  \t ${good} \t; b=2`, 'a=1; b=2'],
    'a-no-break-space': [`a=1;\xa0__Host-wb_s=tossed; ${good}`, 'a=1'],
    'many-cookies': [`${good}; ${'a=b; '.repeat(1000)}c=d`, `${'a=b; '.repeat(1000)}c=d`],
    'fifty-kilobytes': [`${good}; a=${'x'.repeat(50_000)}`, `a=${'x'.repeat(50_000)}`],
    'quotes-around-a-part': [`a="b; ${good}; c"`, 'a="b; c"'],
    // A script of the host may set a second one with the attribute Partitioned.
    twice: [`${good}; ${good}`, undefined],
    'the-second-tossed': [`${good}; a=1; __Host-wb_s=tossed`, 'a=1'],
    'the-first-tossed': [`__Host-wb_s=tossed; ${good}`, undefined],
    'the-second-empty': [`${good}; __Host-wb_s=`, undefined],
    'twice-among-a-thousand': [`${good}; ${'a=b; '.repeat(1000)}${good}`, 'a=b; '.repeat(1000).slice(0, -2)],
    'with-that-of-another-workbench': [`__Host-wb_s=${await sealedForEve(gate)}; ${good}`, undefined],
  };
  for (const [name, [cookie]] of Object.entries(tossed)) {
    const request = requestOf(`GET /${name}`, [`Host: ${hostOf(ADAS)}`, `Cookie: ${cookie}`]);
    const { status, head } = await gate.send(request);
    expect([name, status]).toEqual([name, 200]);
    // The browser is asked to delete the second one alone: the gate sets none that is partitioned.
    const deletions = head.split('\r\n').filter((line) => /^set-cookie: __Host-wb_/i.test(line));
    expect([name, deletions.length]).toEqual([
      name,
      (cookie.match(/(?<![\xa0=])__Host-wb_s=/g) ?? []).length - 1,
    ]);
    for (const line of deletions) expect(line).toMatch(/__Host-wb_s=; Max-Age=0; .*; Partitioned$/i);
  }
  // Several Cookie headers count as one.
  const lines = [
    `Host: ${hostOf(ADAS)}`,
    'Cookie: a=1',
    `cookie: ${good}`,
    'COOKIE: __Host-wb_u=x',
    'Cookie: b=2',
  ];
  expect((await gate.send(requestOf('GET /several', lines))).status).toBe(200);
  expect((await gate.send(requestOf('GET /tossed', [...lines, 'Cookie: __Host-wb_s=x']))).status).toBe(200);
  await gate.settle();
  const received = gate.adas.requests.map((request) => [request.target, valuesOf(request, 'cookie')]);
  expect(received).toEqual([
    ...Object.entries(tossed).map(([name, [, kept]]) => [`/${name}`, kept === undefined ? [] : [kept]]),
    ['/several', ['a=1; b=2']],
    ['/tossed', ['a=1; b=2']],
  ]);
  expect(/__host-wb_/i.test(gate.adas.received)).toBe(false);
});

test('headers above 64 KiB are refused, and the browser is asked to delete the cookies', async () => {
  const gate = await openAttackedGate();
  const good = await gate.workbenchSession('ada', ADAS);
  for (const cookie of [`${good}; a=${'x'.repeat(66_000)}`, `${good}; ${'a=b; '.repeat(14_000)}c=d`]) {
    const request = requestOf('GET /x', [`Host: ${hostOf(ADAS)}`, `Cookie: ${cookie}`]);
    const { status, head } = await gate.send(request);
    expect(status).toBe(431);
    expect(head).toMatch(/^clear-site-data: "cookies"/im);
  }
  await gate.settle();
  expect(gate.adas.received).toBe('');
});

test('a URL that any page can make the browser request deletes no cookies, however long it is', async () => {
  const gate = await openAttackedGate();
  const good = await gate.workbenchSession('ada', ADAS);
  const respondsTo = async (length: number, ...headers: readonly string[]) => {
    const target = `/?${'a'.repeat(length)}`;
    const request = requestOf(`GET ${target}`, [`Host: ${hostOf(ADAS)}`, `Cookie: ${good}`, ...headers]);
    const { status, head } = await gate.send(request);
    return { status, deletes: /clear-site-data/i.test(head) };
  };
  expect({
    long: await respondsTo(34_000),
    longer: await respondsTo(66_000),
    longest: await respondsTo(100_000),
    withCookies: await respondsTo(32_000, `Cookie: a=${'x'.repeat(34_000)}`),
    withOthers: await respondsTo(100, `X-A: ${'x'.repeat(66_000)}`),
  }).toEqual({
    long: { status: 414, deletes: false },
    longer: { status: 414, deletes: false },
    longest: { status: 431, deletes: false },
    withCookies: { status: 431, deletes: false },
    withOthers: { status: 431, deletes: false },
  });
  await gate.settle();
  expect(gate.adas.received).toBe('');
});

test('a copied cookie ends when its user signs out', async () => {
  const gate = await openAttackedGate();
  const lines = [`Host: ${hostOf(ADAS)}`, `Cookie: ${await gate.workbenchSession('ada', ADAS)}`];
  expect((await gate.send(requestOf('GET /before', lines))).status).toBe(200);
  const { head } = await gate.send(
    requestOf('POST /.wb/logout', [...lines, `Origin: https://${hostOf(ADAS)}`]),
  );
  expect(head).toMatch(/^set-cookie: __Host-wb_s=; Max-Age=0;/im);
  expect((await gate.send(requestOf('GET /after', lines))).status).toBe(401);
  await gate.settle();
  expect(gate.adas.requests.map(({ target }) => target)).toEqual(['/before']);
});
