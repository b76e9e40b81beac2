import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { closed, isUpgrade, WireReader, type WireRequest } from './wire-reader.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** The program in a workbench: it notes every byte that reaches it, and accepts every request and every WebSocket. */
export class RecordingWorkbench {
  readonly requests: WireRequest[] = [];
  /** What came behind the accepted upgrades. */
  readonly tunneled: string[] = [];
  /** What could be read in more than one way, or was not read to its end. */
  readonly faults: string[] = [];
  /** Everything as it came. */
  received = '';
  /** Whether it accepts upgrades. Otherwise they are requests like others. */
  acceptsUpgrades = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  /** Returns the port. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Waits until all its connections have ended: nothing more can come. */
  async waitForSilence(): Promise<void> {
    await Promise.all([...this.#sockets].map(closed));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let tunnel: number | undefined;
    const reader = new WireReader((request) => {
      this.requests.push(request);
      if (this.acceptsUpgrades && isUpgrade(request)) {
        tunnel = this.tunneled.push('') - 1;
        // It sends nothing more and reads on, so that the client ends the connection.
        socket.end(SWITCH);
      } else {
        socket.write(request.method === 'HEAD' ? HEAD : `${HEAD}hi`);
      }
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      if (tunnel !== undefined) {
        this.tunneled[tunnel] += bytes.toString('latin1');
        return;
      }
      try {
        reader.read(bytes);
      } catch (error) {
        this.faults.push(String(error));
        socket.destroy();
      }
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (reader.unread !== '' && tunnel === undefined) this.faults.push(`incomplete: ${reader.unread}`);
    });
  }
}
