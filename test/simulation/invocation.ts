import { PortError } from '#core/ports/port-error.ts';
import type { Kernel } from './kernel.ts';
import type { Tape } from './tape.ts';

/** What can go wrong with one call. `before` and `after` are about its effect. */
export const FAULTS = [
  'none',
  'fails_before',
  'fails_after',
  'throttled',
  'stalls',
  'killed_before',
  'killed_after',
  'zombie',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How a call looks to whoever made it when it went wrong; adapters see SDK errors, ports see PortErrors. */
export interface CallErrors {
  readonly unknown: (call: string) => Error;
  readonly throttled: (call: string) => Error;
}

export const PORT_ERRORS: CallErrors = {
  unknown: (call) => new PortError('unavailable', `${call}: no answer`),
  throttled: (call) => new PortError('throttled', `${call}: rate exceeded`),
};

export const SDK_ERRORS: CallErrors = {
  unknown: (call) => errorNamed('TimeoutError', `${call}: socket hang up`),
  throttled: (call) => errorNamed('ThrottlingException', `${call}: Rate exceeded`),
};

/** A call in flight takes effect within the client's own time-out: 10 s. */
const IN_FLIGHT_MAX_MS = 10_000;
/** How long a frozen process may sleep before it goes on as if nothing had happened. */
const FREEZE_MAX_MS = 10 * 60_000;

export interface InvocationsOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  /** The probability that a call meets a fault. @default 0: none does */
  readonly faultRate: number;
  /** Told of each call and what befell it. */
  readonly onCall?: (invocation: string, call: string, fault: Fault) => void;
}

/** Makes invocations, and ends their faults when the schedule says so. */
export class Invocations {
  readonly #options: InvocationsOptions;
  #faultsEnabled = true;
  #count = 0;
  /** How often each call met each fault. */
  readonly faultCounts = new Map<string, number>();

  constructor(options: InvocationsOptions) {
    this.#options = options;
  }

  /** From now on every call goes through. Processes frozen before may still wake. */
  disableFaults(): void {
    this.#faultsEnabled = false;
  }

  start(name: string): Invocation {
    this.#count += 1;
    return new Invocation(`${name}#${this.#count}`, this.#options, (call) => this.#drawFault(call));
  }

  #drawFault(call: string): Fault {
    const { tape, faultRate } = this.#options;
    const fault = this.#faultsEnabled && tape.chance(faultRate) ? tape.pick(FAULTS) : 'none';
    if (fault !== 'none') {
      const pair = `${call} ${fault}`;
      this.faultCounts.set(pair, (this.faultCounts.get(pair) ?? 0) + 1);
    }
    return fault;
  }
}

/**
 * One running function. Every call it makes passes through `call`, where it may fail, stall, or be the last
 * thing the function ever does. A killed function's promises never settle, as in a process that is no more.
 */
export class Invocation {
  readonly name: string;
  readonly #options: InvocationsOptions;
  readonly #drawFault: (call: string) => Fault;
  #alive = true;
  #resolveEnded: () => void = () => {};
  /** Resolves when whoever waits for the function learns that it will not answer. */
  readonly ended: Promise<void>;

  constructor(name: string, options: InvocationsOptions, draw: (call: string) => Fault) {
    this.name = name;
    this.#options = options;
    this.#drawFault = draw;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Ends it from outside: its time-out. */
  kill(): void {
    this.#alive = false;
    this.#resolveEnded();
  }

  async call<T>(call: string, effect: () => T | Promise<T>, failures: CallErrors): Promise<T> {
    const { kernel, tape } = this.#options;
    if (!this.#alive) return neverSettle();
    await kernel.sleep(tape.jitter(1, 40));
    if (!this.#alive) return neverSettle();
    const fault = this.#drawFault(call);
    this.#options.onCall?.(this.name, call, fault);
    switch (fault) {
      case 'none':
        return this.#respond(await effect());
      case 'fails_before':
        throw failures.unknown(call);
      case 'throttled':
        throw failures.throttled(call);
      case 'fails_after':
        await ignoreErrors(effect);
        await kernel.sleep(tape.intBetween(0, IN_FLIGHT_MAX_MS));
        throw failures.unknown(call);
      case 'stalls':
        await kernel.sleep(tape.intBetween(1000, IN_FLIGHT_MAX_MS));
        return this.#respond(await effect());
      case 'killed_before':
        this.kill();
        return neverSettle();
      case 'killed_after':
        this.kill();
        await kernel.sleep(tape.intBetween(0, IN_FLIGHT_MAX_MS));
        await ignoreErrors(effect);
        return neverSettle();
      case 'zombie':
        // Everybody takes it for dead; later it wakes as if no time had passed, and goes on with the answer.
        this.#resolveEnded();
        return this.#resumeAfterFreeze(await effect());
    }
  }

  async #resumeAfterFreeze<T>(answer: T): Promise<T> {
    await this.#options.kernel.sleep(this.#options.tape.intBetween(0, FREEZE_MAX_MS));
    return this.#alive ? answer : neverSettle();
  }

  /** The answer takes its time too. */
  async #respond<T>(answer: T): Promise<T> {
    await this.#options.kernel.sleep(this.#options.tape.jitter(0, 20));
    return this.#alive ? answer : neverSettle();
  }
}

/** A port whose every method is a call of this invocation. */
export function interceptPort<P extends object>(port: P, name: string, invocation: Invocation): P {
  return new Proxy(port, {
    get(target, method) {
      const value = Reflect.get(target, method, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        invocation.call(`${name}.${String(method)}`, () => value.apply(target, args), PORT_ERRORS);
    },
  });
}

/** An SDK client whose `send` is a call of this invocation, answered by `handle`. */
export function interceptClient(handle: (command: object) => unknown, invocation: Invocation) {
  return {
    send: async (command: object): Promise<never> => {
      const name = command.constructor.name.replace(/Command$/, '');
      return (await invocation.call(name, () => handle(command), SDK_ERRORS)) as never;
    },
  };
}

async function ignoreErrors(effect: () => unknown): Promise<void> {
  try {
    await effect();
  } catch {
    // Whoever would have learnt of it is gone, or is told something else.
  }
}

function neverSettle(): Promise<never> {
  return new Promise(() => {});
}

function errorNamed(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
