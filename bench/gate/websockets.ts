import { connect, type Socket } from 'node:net';
import type { RequestHeaders } from './contender.ts';

/** RFC 6455, section 1.3. */
export const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Bytes of a message. */
const MESSAGE_BYTES = 64;

/** A binary frame with a mask of zeros. */
const FRAME = Buffer.concat([
  Buffer.of(0x82, 0x80 | MESSAGE_BYTES, 0, 0, 0, 0),
  Buffer.alloc(MESSAGE_BYTES, 'm'),
]);

/** Connections that are opened at the same time. The queue of a listening socket is limited. */
const OPENED_AT_ONCE = 50;

/** Open WebSockets through one proxy. */
export interface OpenSockets {
  /** Sends one message on each, and waits until all have come back. */
  exchange(): Promise<void>;
  /** Closes all and waits until the proxy has closed its sides. */
  close(): Promise<void>;
}

/**
 * Opens WebSockets, in turn with the headers of each visitor.
 * @throws Error unless each is accepted
 */
export async function openSockets(
  port: number,
  visitors: readonly RequestHeaders[],
  count: number,
): Promise<OpenSockets> {
  const sockets: Echo[] = [];
  for (let index = 0; index < count; index += OPENED_AT_ONCE) {
    const size = Math.min(OPENED_AT_ONCE, count - index);
    const opening = Array.from({ length: size }, (_, offset) => {
      const headers = visitors[(index + offset) % visitors.length];
      if (headers === undefined) throw new Error('there is no visitor');
      return openSocket(port, headers);
    });
    sockets.push(...(await Promise.all(opening)));
  }
  return {
    async exchange() {
      await Promise.all(sockets.map((socket) => socket.exchange()));
    },
    async close() {
      await Promise.all(sockets.map((socket) => socket.close()));
    },
  };
}

async function openSocket(port: number, headers: RequestHeaders): Promise<Echo> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /socket HTTP/1.1\r\n${lines.join('')}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const head = await readHead(socket);
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`a WebSocket was refused: ${head.split('\r\n')[0]}`);
  return new Echo(socket);
}

/** Nothing follows the head of the response: the backend sends only echoes. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    const read = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.removeListener('data', read);
      resolve(head);
    };
    socket.on('data', read);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('a WebSocket was closed before its response')));
  });
}

/** Opcodes with the bit of the last frame. */
const BINARY = 0x82;
const PING = 0x89;
/** A pong without content, with a mask of zeros. */
const PONG = Buffer.of(0x8a, 0x80, 0, 0, 0, 0);

/** One WebSocket. */
class Echo {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #onEcho = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#readFrames();
    });
    socket.on('close', () => this.#onFailure(new Error('a WebSocket was closed')));
    socket.on('error', (error) => this.#onFailure(error));
  }

  exchange(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onEcho = resolve;
      this.#onFailure = reject;
      this.#socket.write(FRAME);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onFailure = () => resolve();
      if (this.#socket.closed) resolve();
      else this.#socket.end();
    });
  }

  /** All frames are shorter than 126 bytes and have no mask. */
  #readFrames(): void {
    for (;;) {
      const [opcode, length = 0] = this.#received;
      if (this.#received.length < 2 + length || opcode === undefined) return;
      this.#received = this.#received.subarray(2 + length);
      if (opcode === PING) this.#socket.write(PONG);
      if (opcode === BINARY) this.#onEcho();
    }
  }
}
