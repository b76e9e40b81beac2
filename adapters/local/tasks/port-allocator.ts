import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * The range of allocated ports. It is below the ephemeral ports of Linux and macOS (from 32768 and 49152), so that
 * no outgoing connection occupies a port between its allocation and its use.
 */
const PORT_MIN = 20_000;
const PORT_MAX = 31_999;
const ATTEMPTS_MAX = 200;

/** Allocates free TCP ports of 127.0.0.1. A port is not allocated again before its release. */
export class PortAllocator {
  readonly #allocated = new Set<number>();

  /** @throws Error when no free port was found in ATTEMPTS_MAX attempts */
  async allocate(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const port = randomInt(PORT_MIN, PORT_MAX + 1);
      if (this.#allocated.has(port)) continue;
      this.#allocated.add(port);
      if (await isFree(port)) return port;
      this.#allocated.delete(port);
    }
    throw new Error('no free port was found');
  }

  release(port: number): void {
    this.#allocated.delete(port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
