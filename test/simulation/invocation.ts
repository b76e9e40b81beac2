import { PortError } from '#core/ports/port-error.ts';
import type { Kernel } from './kernel.ts';
import type { Tape } from './tape.ts';

/** The faults that can be injected into a call. FAULT_DESCRIPTIONS explains each. */
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

/** What each fault does, for the log of a schedule. */
export const FAULT_DESCRIPTIONS: Readonly<Record<Fault, string>> = {
  none: 'the call succeeds',
  fails_before: 'the call has no effect and fails with an unknown outcome',
  fails_after: 'the call takes effect but fails with an unknown outcome',
  throttled: 'the call is throttled and has no effect',
  stalls: 'the call takes 1 to 10 seconds',
  killed_before: 'the function is killed before the call takes effect',
  killed_after: 'the function is killed, and the call takes effect within the next 10 seconds',
  zombie:
    'the call takes effect and the function freezes; its caller considers it dead, but it continues within 10 minutes',
};

/** The errors that the caller receives. Adapters receive SDK errors, callers of ports receive PortErrors. */
export interface CallErrors {
  readonly unknown: (call: string) => Error;
  readonly throttled: (call: string) => Error;
}

export const PORT_ERRORS: CallErrors = {
  unknown: (call) => new PortError('unavailable', `${call}: no response`),
  throttled: (call) => new PortError('throttled', `${call}: rate exceeded`),
};

export const SDK_ERRORS: CallErrors = {
  unknown: (call) => errorNamed('TimeoutError', `${call}: socket hang up`),
  throttled: (call) => errorNamed('ThrottlingException', `${call}: Rate exceeded`),
};

/** A call in flight takes effect within the timeout of the client: 10 seconds, in milliseconds. */
const IN_FLIGHT_MAX_MS = 10_000;
/** The maximum time after which a frozen function continues: 10 minutes, in milliseconds. */
const FREEZE_MAX_MS = 10 * 60_000;

export interface InvocationsOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  /** The probability that a fault is injected into a call, 0 to 1. */
  readonly faultRate: number;
  /** Called for each call with its fault. */
  readonly onCall?: (invocation: string, call: string, fault: Fault) => void;
  /** How long a call takes until it has its effect, in milliseconds. @default 1 to 40 */
  readonly callMs?: (call: string) => number;
}

/** Starts invocations and injects faults into their calls until `disableFaults`. */
export class Invocations {
  readonly #options: InvocationsOptions;
  #faultsEnabled = true;
  #count = 0;
  /** `call fault` → count. */
  readonly faultCounts = new Map<string, number>();

  constructor(options: InvocationsOptions) {
    this.#options = options;
  }

  /** From now on no fault is injected. Functions that were frozen before may still continue. */
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
 * One invocation of a function. All its calls pass through `call`, where faults are injected. The promises of a killed
 * invocation never settle, as in a process that has ended.
 */
export class Invocation {
  readonly name: string;
  readonly #options: InvocationsOptions;
  readonly #drawFault: (call: string) => Fault;
  #alive = true;
  #resolveEnded: () => void = () => {};
  /** Resolves when the invoker learns that the function will not return. */
  readonly ended: Promise<void>;

  constructor(name: string, options: InvocationsOptions, drawFault: (call: string) => Fault) {
    this.name = name;
    this.#options = options;
    this.#drawFault = drawFault;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Ends the invocation, as the timeout of Lambda does. */
  kill(): void {
    this.#alive = false;
    this.#resolveEnded();
  }

  /**
   * Freezes the function. Its caller considers it dead, but it continues when the promise resolves, as if no time had
   * passed.
   */
  async freeze(until: Promise<void>): Promise<void> {
    this.#resolveEnded();
    await until;
    if (!this.#alive) return neverSettle();
  }

  /** Executes a call of the function. A fault decides whether `effect` happens and what the function receives. */
  async call<T>(call: string, effect: () => T | Promise<T>, errors: CallErrors): Promise<T> {
    const { kernel, tape, callMs } = this.#options;
    if (!this.#alive) return neverSettle();
    await kernel.sleep(callMs?.(call) ?? tape.jitter(1, 40));
    if (!this.#alive) return neverSettle();
    const fault = this.#drawFault(call);
    this.#options.onCall?.(this.name, call, fault);
    switch (fault) {
      case 'none':
        return this.#respond(await effect());
      case 'fails_before':
        throw errors.unknown(call);
      case 'throttled':
        throw errors.throttled(call);
      case 'fails_after':
        await ignoreErrors(effect);
        await kernel.sleep(tape.intBetween(0, IN_FLIGHT_MAX_MS));
        throw errors.unknown(call);
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
        // The invoker considers the function dead. Later it continues with the result as if no time had passed.
        this.#resolveEnded();
        return this.#resumeAfterFreeze(await effect());
    }
  }

  async #resumeAfterFreeze<T>(result: T): Promise<T> {
    await this.#options.kernel.sleep(this.#options.tape.intBetween(0, FREEZE_MAX_MS));
    return this.#alive ? result : neverSettle();
  }

  /** Returns the result after the latency of the response. */
  async #respond<T>(result: T): Promise<T> {
    await this.#options.kernel.sleep(this.#options.tape.jitter(0, 20));
    return this.#alive ? result : neverSettle();
  }
}

/** Wraps a port so that each method is a call of the invocation. */
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

/** A port with some of its methods replaced. */
export function replaceMethods<P extends object>(port: P, methods: Partial<P>): P {
  const found = new Map<PropertyKey, unknown>(Object.entries(methods));
  return new Proxy(port, {
    get(target, name) {
      if (found.has(name)) return found.get(name);
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const bound = value.bind(target);
      found.set(name, bound);
      return bound;
    },
  });
}

/** An SDK client whose `send` is a call of the invocation. `handle` executes the command. */
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
    // The function has been killed, or receives another error.
  }
}

function neverSettle(): Promise<never> {
  return new Promise(() => {});
}

function errorNamed(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
