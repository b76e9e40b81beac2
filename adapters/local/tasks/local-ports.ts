import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Where ports are taken from: below the range that Linux and macOS give to outgoing connections (32768 and
 * 49152 upwards), so that a connection made between the choice and the use cannot sit on the port.
 */
const FIRST = 20_000;
const LAST = 31_999;
const MOST_TRIES = 200;

/** Hands out free TCP ports of 127.0.0.1, never one that is still held. */
export class LocalPorts {
  readonly #held = new Set<number>();

  /** @throws when no free port was found in a good number of tries */
  async take(): Promise<number> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const port = randomInt(FIRST, LAST + 1);
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
