/** Time to wait by: the process's own, or one that a test or a simulation moves. */
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

/** Some calls of a client, and how many of them a second may be made, evenly spaced. */
export interface CallRate {
  readonly commands: readonly (abstract new (...args: never[]) => object)[];
  readonly perSecond: number;
}

/** Lets callers through one after another, evenly spaced: no burst, which would take from others at once. */
class Pacer {
  readonly #time: PacerTime;
  readonly #intervalMs: number;
  #nextDriveAt = Number.NEGATIVE_INFINITY;

  constructor(time: PacerTime, perSecond: number) {
    this.#time = time;
    this.#intervalMs = 1000 / perSecond;
  }

  async waitForTurn(): Promise<void> {
    const now = this.#time.now();
    const at = Math.max(now, this.#nextDriveAt);
    this.#nextDriveAt = at + this.#intervalMs;
    if (at > now) await new Promise<void>((resolve) => this.#time.after(at - now, resolve));
  }
}

/**
 * A client of AWS that makes some of its calls no faster than said. For audits, which may take their time, and
 * share the throttles of an account with what users wait for. Commands are told by their class, not by its name:
 * bundling shortens names.
 */
export function pacedClient<C extends { send: unknown }>(
  client: C,
  calls: readonly CallRate[],
  time: PacerTime,
): Pick<C, 'send'> {
  const paces = calls.map(({ commands, perSecond }) => ({ commands, pace: new Pacer(time, perSecond) }));
  const send = async (command: object, ...rest: unknown[]): Promise<unknown> => {
    const paced = paces.find(({ commands }) => commands.some((of) => command instanceof of));
    await paced?.pace.waitForTurn();
    return (client.send as (...args: unknown[]) => unknown).call(client, command, ...rest);
  };
  return { send: send as C['send'] };
}
