import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Where ports are taken from: below the range that Linux and macOS give to outgoing connections (32768 and
 * 49152 upwards), so that a connection made between the choice and the use cannot sit on the port.
 */
const PORT_MIN = 20_000;
const PORT_MAX = 31_999;
const ATTEMPTS_MAX = 200;

/** Hands out free TCP ports of 127.0.0.1, never one that is still held. */
export class PortAllocator {
  readonly #held = new Set<number>();

  /** @throws when no free port was found in a good number of tries */
  async allocate(): Promise<number> {
    for (let tries = 0; tries < ATTEMPTS_MAX; tries += 1) {
      const port = randomInt(PORT_MIN, PORT_MAX + 1);
      if (this.#held.has(port)) continue;
      this.#held.add(port);
      if (await isFree(port)) return port;
      this.#held.delete(port);
    }
    throw new Error('no free port was found');
  }

  release(port: number): void {
    this.#held.delete(port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
