import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { clientNetworkOf } from '#gate/client-address.ts';

function networkOf(remoteAddress: string | undefined, hops = 0, forwardedFor?: string): string {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return clientNetworkOf({ headers, socket: { remoteAddress } } as unknown as IncomingMessage, hops);
}

describe('the network of a client', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:a01:203', '10.1.2.3'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));

  test('is that of the socket unless a proxy is trusted', () => {
    expect(networkOf('10.0.0.1', 0, '10.1.2.3')).toBe('10.0.0.1');
    expect(networkOf('10.0.0.1', 1)).toBe('10.0.0.1');
    expect(networkOf('10.0.0.1', 1, '10.1.2.3')).toBe('10.1.2.3');
    expect(networkOf('10.0.0.1', 2, '10.1.2.3, 10.1.2.4')).toBe('10.1.2.3');
  });

  test('is not what a client sent to the proxy', () => {
    expect(networkOf('10.0.0.1', 1, '10.9.9.9, 10.1.2.3')).toBe('10.1.2.3');
    expect(networkOf('10.0.0.1', 1, 'unknown')).toBe('10.0.0.1');
    expect(networkOf('10.0.0.1', 1, '10.1.2.3, ')).toBe('10.0.0.1');
  });
});
