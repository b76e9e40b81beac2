/** The time source of a pacer: that of the process, or a virtual one in tests and in the simulation. */
export interface PacerTime {
  /** Milliseconds. */
  now(): number;
  /** Calls `action` once, `ms` milliseconds from now. */
  after(ms: number, action: () => void): unknown;
}

export const processTime: PacerTime = {
  now: () => performance.now(),
  after: (ms, action) => setTimeout(action, ms),
};

/** A group of commands that share one rate. */
export interface CallRate {
  readonly commands: readonly (abstract new (...args: never[]) => object)[];
  /** Calls per second of the whole group, evenly spaced. */
  readonly perSecond: number;
}

/** Spaces calls evenly. A burst is never allowed: it would use up the burst capacity that the account's other callers need. */
class Pacer {
  readonly #time: PacerTime;
  readonly #intervalMs: number;
  #nextCallAt = Number.NEGATIVE_INFINITY;

  constructor(time: PacerTime, perSecond: number) {
    this.#time = time;
    this.#intervalMs = 1000 / perSecond;
  }

  async waitForTurn(): Promise<void> {
    const now = this.#time.now();
    const at = Math.max(now, this.#nextCallAt);
    this.#nextCallAt = at + this.#intervalMs;
    if (at > now) await new Promise<void>((resolve) => this.#time.after(at - now, resolve));
  }
}

/**
 * Wraps a client so that it makes some of its calls at a limited rate. Sweeps use it: they are not urgent, and they share
 * the account's throttles with the requests of users. Commands are matched by class, not by class name, because
 * bundling shortens names.
 */
export function createPacedClient<C extends { send: unknown }>(
  client: C,
  rates: readonly CallRate[],
  time: PacerTime,
): Pick<C, 'send'> {
  const pacers = rates.map(({ commands, perSecond }) => ({ commands, pacer: new Pacer(time, perSecond) }));
  const send = async (command: object, ...rest: unknown[]): Promise<unknown> => {
    const match = pacers.find(({ commands }) => commands.some((paced) => command instanceof paced));
    await match?.pacer.waitForTurn();
    return (client.send as (...args: unknown[]) => unknown).call(client, command, ...rest);
  };
  return { send: send as C['send'] };
}
