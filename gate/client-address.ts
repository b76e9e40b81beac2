import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Returns what proxies in front of this server appended to `X-Forwarded-For`. All to the left of it may be forged. */
export function trustedAddresses(
  forwardedFor: string | readonly string[] | undefined,
  hops: number,
): readonly string[] {
  if (hops === 0 || forwardedFor === undefined) return [];
  const addresses = String(forwardedFor).split(',');
  return addresses.slice(-hops).map((address) => address.trim());
}

/**
 * Returns the network of the client of a request: its IPv4 address, or the first 64 bits of its IPv6 address, of which one
 * computer may use all others.
 * @param trustedHops proxies in front of this server, each of which appends an address to `X-Forwarded-For`
 */
export function clientNetworkOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedHops: number,
): string {
  const [forwarded] = trustedAddresses(headers['x-forwarded-for'], trustedHops);
  const address = forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : socket.remoteAddress;
  return networkOf(address ?? '');
}

function networkOf(address: string): string {
  const [text = ''] = address.toLowerCase().split('%');
  if (isIP(text) !== 6) return text;
  // The URL parser writes each address in one way, without an IPv4 part.
  const { hostname } = new URL(`http://[${text}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (first?.length ?? 0) - (last?.length ?? 0) }, () => '0');
  const groups = [...(first ?? []), ...zeros, ...(last ?? [])];
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return isMapped ? toIpv4(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`;
}

function toIpv4(groups: readonly string[]): string {
  return groups
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}
