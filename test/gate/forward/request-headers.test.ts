import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  buildRequestHeaders,
  clientAddressOf,
  type ForwardingHeaders,
} from '#gate/forward/request-headers.ts';

const HOST = 'wb1.gate.example';

function build(headers: IncomingHttpHeaders, options: Partial<ForwardingHeaders> = {}) {
  const socket = { remoteAddress: '192.0.2.9' } as IncomingMessage['socket'];
  return buildRequestHeaders(
    { headers: { host: HOST, ...headers }, socket },
    {
      baseUrl: new URL('https://gate.example'),
      prefix: '',
      trustedHops: 0,
      removesAuthorization: false,
      ...options,
    },
  );
}

const OWN = {
  host: HOST,
  'x-forwarded-for': '192.0.2.9',
  'x-forwarded-host': HOST,
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
  'x-real-ip': '192.0.2.9',
};

describe('a request to a workbench', () => {
  test('has headers about its public URL and its client', () => {
    expect(build({ accept: '*/*' })).toEqual({ ...OWN, accept: '*/*' });
    expect(build({ host: 'gate.example:8443' }, { prefix: '/project/wb1' })).toMatchObject({
      'x-forwarded-host': 'gate.example:8443',
      'x-forwarded-port': '8443',
      'x-forwarded-prefix': '/project/wb1',
    });
  });

  test.each([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-prefix',
    'x-forwarded-proto',
    'x-forwarded-scheme',
    'x-forwarded-user',
    'x-real-ip',
    'x-original-url',
    'x-rewrite-url',
    'x-workbench-user',
    'x-wb-upstream',
  ])('does not have the %s of the client, nor its aliases with underscores', (name) => {
    expect(build({ [name]: 'forged' })).toEqual(OWN);
    expect(build({ [name.replaceAll('-', '_')]: 'forged' })).toEqual(OWN);
    expect(build({ [name.replace('-', '_')]: 'forged' })).toEqual(OWN);
  });

  test.each([
    ['__Host-wb_u=a', undefined],
    ['__Host-wb_s=a; __Host-wb_u=b', undefined],
    ['a=1; __Host-wb_s=x; b=2', 'a=1; b=2'],
    ['__Host-wb_s=x; b="__Host-wb_s=y"', 'b="__Host-wb_s=y"'],
    ['__host-WB_s=x; b=2', 'b=2'],
    ['=__Host-wb_s=x; b=2', 'b=2'],
    ['a=1;__Host-wb_l=x', 'a=1'],
    ['__Host-other=1; wb_s=2', '__Host-other=1; wb_s=2'],
  ])('has no cookies of the gate: %s', (cookie, expected) => {
    expect(build({ cookie }).cookie).toBe(expected);
  });

  test('names the user, if one is known', () => {
    expect(build({ 'x-workbench-user': 'root' })).not.toHaveProperty('x-workbench-user');
    const named = (userId: string) => build({}, { userId })['x-workbench-user'];
    expect(named('ada@example.org|7')).toBe('ada@example.org|7');
    expect(named('a%b c')).toBe('a%25b%20c');
    expect(decodeURIComponent(String(named('zoë\n😀')))).toBe('zoë\n😀');
    expect(named('zoë\n😀')).toMatch(/^[\x21-\x7e]+$/);
    expect(named('\ud800')).toBe('%EF%BF%BD');
  });

  test('has the Authorization of the client only if it is for the workbench', () => {
    const authorization = 'Bearer x';
    expect(build({ authorization }).authorization).toBe(authorization);
    expect(build({ authorization }, { removesAuthorization: true })).toEqual(OWN);
  });

  test.each([
    [0, undefined, '192.0.2.9', '192.0.2.9'],
    [0, '10.0.0.1', '192.0.2.9', '192.0.2.9'],
    [1, '203.0.113.5', '203.0.113.5, 192.0.2.9', '203.0.113.5'],
    [1, 'forged, 203.0.113.5', '203.0.113.5, 192.0.2.9', '203.0.113.5'],
    [2, 'forged, 203.0.113.5,10.1.1.1', '203.0.113.5, 10.1.1.1, 192.0.2.9', '203.0.113.5'],
    [1, undefined, '192.0.2.9', '192.0.2.9'],
  ])('behind %i proxies that sent "%s" is for %s', (trustedHops, sent, forwardedFor, realIp) => {
    const client = sent === undefined ? {} : { 'x-forwarded-for': sent };
    const headers = build(client, { trustedHops });
    expect([headers['x-forwarded-for'], headers['x-real-ip']]).toEqual([forwardedFor, realIp]);
    const socket = { remoteAddress: '192.0.2.9' } as IncomingMessage['socket'];
    expect(clientAddressOf({ headers: client, socket }, trustedHops)).toBe(realIp);
  });

  test('has no headers of the connection, and keeps those that Connection may not remove', () => {
    const connection = 'close, X-Hop, Cookie, Expect';
    const hop = { 'x-hop': '1', 'keep-alive': 'x', 'proxy-authorization': 'x', te: 'gzip', upgrade: 'h2c' };
    expect(build({ connection, ...hop, cookie: 'a=1', expect: '100-continue' })).toEqual({
      ...OWN,
      cookie: 'a=1',
      expect: '100-continue',
    });
  });
});
