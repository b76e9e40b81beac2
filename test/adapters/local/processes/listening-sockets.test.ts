import { createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findListeningAddresses, parseListening } from '#adapters/local/processes/listening-sockets.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12346 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 12347 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:22B8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 22345 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 22346 1 0000000000000000 100 0 0 10 0
   2: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 22347 1 0000000000000000 100 0 0 10 0
`;

it('parses the listening sockets of IPv4, and no connections', () => {
  expect(parseListening(TCP)).toEqual([
    { inode: '12345', address: '127.0.0.1:8888' },
    { inode: '12346', address: '0.0.0.0:8080' },
  ]);
});

it('parses the listening sockets of IPv6', () => {
  expect(parseListening(TCP6)).toEqual([
    { inode: '22345', address: '[::1]:8888' },
    { inode: '22346', address: '[::]:8080' },
    { inode: '22347', address: '[2001:db8::1]:80' },
  ]);
});

it('parses an empty table', () => {
  expect(parseListening('')).toEqual([]);
});

it.skipIf(process.platform !== 'linux')(
  'finds the addresses of a process, and none of a process that has ended',
  async () => {
    const addresses = await Promise.all(['127.0.0.1', '::1'].map((host) => listenOn(host)));
    const found = await findListeningAddresses([process.pid, 2 ** 30]);
    expect(found).toEqual(expect.arrayContaining(addresses));
    expect(await findListeningAddresses([2 ** 30])).toEqual([]);
  },
);

async function listenOn(host: string): Promise<string> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
