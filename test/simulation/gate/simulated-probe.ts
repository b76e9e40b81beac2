import type { Timers } from '#adapters/local/timers.ts';
import type { GateProbe, GateProbeResult, ProbedTask } from '#core/ports/gate-probe.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { findObstacle } from '#gate/reachable-route.ts';
import { WorkbenchRecords } from '#gate/workbench-records.ts';
import { type Invocation, PORT_ERRORS } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { World } from '../world/world.ts';
import { GateCalls } from './gate-reads.ts';
import type { ReachChecks } from './reach-checks.ts';
import { isUp } from './simulated-visitors.ts';

/** The gate is down up to twice, in seconds. */
const DOWN_BEGINS_WITHIN_SECONDS = 25 * 60;
const DOWN_MIN_SECONDS = 10;
const DOWN_MAX_SECONDS = 20 * 60;
/** How long the gate does not reach a task, in seconds. */
const UNREACHED_MIN_SECONDS = 5;
const UNREACHED_MAX_SECONDS = 10 * 60;
/** Milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
const PROBE_TIMEOUT_MS = 7_000;
const FREEZE_MAX_MS = 10 * 60_000;

const SILENT: GateProbeResult = { kind: 'silent' };

export interface SimulatedProbeOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly draws: HazardDraws;
  readonly world: World;
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly checks: ReachChecks;
}

/** The gate that starts ask: the product without its sockets. It may be down, and its route to a task may fail. */
export class SimulatedProbe {
  readonly #options: SimulatedProbeOptions;
  readonly #records: WorkbenchRecords;
  readonly #down: readonly { readonly from: number; readonly until: number }[];
  /** Task → until when the gate does not reach it. */
  readonly #unreachedUntil = new Map<string, number>();

  constructor(options: SimulatedProbeOptions) {
    const { kernel, tape, draws, workbenches } = options;
    this.#options = options;
    const calls = new GateCalls('gate-of-starts', kernel, tape, draws);
    const timers: Timers = {
      now: () => kernel.now(),
      elapsed: () => kernel.elapsed(),
      after: (ms, action) => kernel.after(ms, action),
    };
    this.#records = new WorkbenchRecords({
      workbenches: {
        findByWorkbenchId: (id) => calls.readIndex(() => workbenches.findByWorkbenchId(id)),
        read: (key) => calls.read(() => workbenches.read(key)),
      },
      timers,
    });
    this.#down = draws.happens('gateDown') ? this.#drawDown() : [];
  }

  /** Returns the port of an invocation. As the adapter of AWS, it never throws. */
  portFor(invocation: Invocation): GateProbe {
    const { kernel, checks, draws } = this.#options;
    return {
      probe: async (task) => {
        const askedAt = kernel.now();
        const result = await invocation
          .call('gate.probe', () => this.#probe(task), PORT_ERRORS)
          .catch((error: unknown) => {
            if (error instanceof PortError) return SILENT;
            throw error;
          });
        if (result.kind === 'reachable' && draws.happens('gateResultFrozen'))
          await invocation.freeze(this.#untilNextTask(task));
        checks.noteResult(task.taskId, result, askedAt);
        return result;
      },
    };
  }

  /** The worst moment to continue with what the gate has said of a task. */
  #untilNextTask(task: ProbedTask): Promise<void> {
    const { kernel, checks } = this.#options;
    return Promise.race([checks.nextWaitingTask(task), kernel.sleep(FREEZE_MAX_MS)]);
  }

  async #probe(task: ProbedTask): Promise<GateProbeResult> {
    const { kernel, draws } = this.#options;
    if (this.#isDown()) {
      // The load balancer responds, or no response comes.
      await kernel.sleep(draws.pick([0, PROBE_TIMEOUT_MS]));
      return SILENT;
    }
    try {
      const detail = await findObstacle(task, this.#records, (endpoint) => this.#connect(endpoint));
      return detail === undefined ? { kind: 'reachable' } : { kind: 'unreachable', detail };
    } catch (error) {
      if (error instanceof PortError) return SILENT;
      throw error;
    }
  }

  async #connect(endpoint: string): Promise<string | undefined> {
    const { kernel, world, checks } = this.#options;
    const address = new URL(endpoint).hostname;
    const holder = world.ecs.lifecycle.holderOf(address);
    const taskId = holder?.arn.split('/').at(-1);
    if (taskId === undefined || !isUp(world, address) || kernel.now() < this.#unreachedUntilOf(taskId)) {
      await kernel.sleep(CONNECT_TIMEOUT_MS);
      return `no connection within ${CONNECT_TIMEOUT_MS / 1000} seconds`;
    }
    checks.noteReached(taskId);
    return undefined;
  }

  #unreachedUntilOf(taskId: string): number {
    const { kernel, draws } = this.#options;
    if (draws.disabled) return 0;
    const known = this.#unreachedUntil.get(taskId);
    if (known !== undefined) return known;
    const drawn = draws.happens('gateRouteFails') ? this.#drawUnreached(kernel.now()) : 0;
    this.#unreachedUntil.set(taskId, drawn);
    return drawn;
  }

  #drawUnreached(now: number): number {
    const { draws } = this.#options;
    const forSome = now + draws.secondsAsMs(UNREACHED_MIN_SECONDS, UNREACHED_MAX_SECONDS);
    return draws.pick([forSome, forSome, Number.POSITIVE_INFINITY]);
  }

  #isDown(): boolean {
    const { draws, kernel } = this.#options;
    const now = kernel.now();
    return !draws.disabled && this.#down.some(({ from, until }) => from <= now && now < until);
  }

  #drawDown() {
    const { draws, kernel } = this.#options;
    return Array.from({ length: draws.pick([1, 2]) }, () => {
      const from = kernel.now() + draws.secondsAsMs(0, DOWN_BEGINS_WITHIN_SECONDS);
      return { from, until: from + draws.secondsAsMs(DOWN_MIN_SECONDS, DOWN_MAX_SECONDS) };
    });
  }
}
