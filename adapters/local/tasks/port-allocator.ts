import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { errorCode } from '../../system-error.ts';

/**
 * The range of allocated ports. It is below the ephemeral ports of Linux and macOS (from 32768 and 49152), so that
 * no outgoing connection occupies a port between its allocation and its use.
 */
const PORT_MIN = 20_000;
const PORT_MAX = 31_999;
const ATTEMPTS_MAX = 200;

/** Allocates TCP ports that are free on 127.0.0.1 and on ::1, where workbenches are expected too. A port is not allocated again before its release. */
export class PortAllocator {
  readonly #allocated = new Set<number>();
  readonly #pick: () => number;

  constructor(pick = () => randomInt(PORT_MIN, PORT_MAX + 1)) {
    this.#pick = pick;
  }

  /** @throws Error when no free port was found in ATTEMPTS_MAX attempts */
  async allocate(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const port = this.#pick();
      if (this.#allocated.has(port)) continue;
      this.#allocated.add(port);
      if ((await isFree('127.0.0.1', port)) && (await isFree('::1', port))) return port;
      this.#allocated.delete(port);
    }
    throw new Error('no free port was found');
  }

  release(port: number): void {
    this.#allocated.delete(port);
  }
}

/** Whether nothing listens there. A computer without IPv6 does not have the address ::1, so that nothing can listen on it. */
function isFree(host: '127.0.0.1' | '::1', port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error))));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
