import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const HEADER_LENGTH = 12;
const RECORD_COUNT_AT = 6;
const TYPE_A = 1;

/** A name server with one IPv4 address for all names, which no resolver may cache. */
export interface NameServer {
  /** The address that all names have now. */
  address: string;
  /** The number of questions for an IPv4 address. */
  questions: number;
}

/** Starts a name server on port 53 of this address until the test ends. Needs root. */
export async function openNameServer(listenAddress: string, address: string): Promise<NameServer> {
  const server: NameServer = { address, questions: 0 };
  const socket = createSocket('udp4');
  socket.on('message', (query, { address: client, port }) => {
    // A question is a name, which ends with a zero byte, with a type and a class of two bytes each.
    const typeAt = query.indexOf(0, HEADER_LENGTH) + 1;
    const isForAddress = query.readUInt16BE(typeAt) === TYPE_A;
    if (isForAddress) server.questions += 1;
    // One question, and one record or none.
    const header = Buffer.concat([query.subarray(0, 2), Buffer.from('81800001000000000000', 'hex')]);
    header.writeUInt16BE(isForAddress ? 1 : 0, RECORD_COUNT_AT);
    // The name is a pointer to that of the question. Type A, class IN, time to live 0 s, length four bytes.
    const record = Buffer.from([
      ...Buffer.from('c00c00010001000000000004', 'hex'),
      ...toBytes(server.address),
    ]);
    const parts = [header, query.subarray(HEADER_LENGTH, typeAt + 4), ...(isForAddress ? [record] : [])];
    socket.send(Buffer.concat(parts), port, client);
  });
  socket.bind(53, listenAddress);
  await once(socket, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return server;
}

function toBytes(address: string): readonly number[] {
  return address.split('.').map(Number);
}
