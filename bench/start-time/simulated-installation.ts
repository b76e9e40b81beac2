import { createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { Invocations } from '#test/simulation/invocation.ts';
import { Kernel } from '#test/simulation/kernel.ts';
import {
  type ApiResponse,
  Controller,
  eventHandlersFor,
  type Operation,
} from '#test/simulation/schedule/controller.ts';
import { EventSourceMappingModel } from '#test/simulation/schedule/event-source-mapping.ts';
import { MixedFleet } from '#test/simulation/schedule/mixed-fleet.ts';
import { Tape } from '#test/simulation/tape.ts';
import type { ProviderSpec } from '#test/simulation/world/ecs/capacity-providers.ts';
import { DEFAULT_HAZARDS, type Hazards } from '#test/simulation/world/hazards.ts';
import { REAL_CONTROLLER_TIMING, type Timing } from '#test/simulation/world/timing.ts';
import { World, type WorldEvent } from '#test/simulation/world/world.ts';
import { INSTALLATION } from '#test/simulation/world/world-fixture.ts';
import { Random } from '../placement/random.ts';
import { ExecutionEnvironments } from './execution-environments.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** No operation takes longer. A simulation that does is an endless loop. */
const OPERATION_MAX_MS = 60 * MINUTE;

/** The numbers on the tape of one installation: more than its starts read. */
const TAPE_LENGTH = 50_000;

/** The instances of the simulation are of one type. They have a trunk interface in all timings. */
const INSTANCE = {
  name: 'shared',
  instanceType: 'm6i.2xlarge',
  size: { cpuUnits: 8192, memoryMib: 31_000, gpuCount: 0, interfaces: 40 },
} as const satisfies Partial<ProviderSpec>;

/** USD per hour. With one provider, it decides nothing. */
const PRICE = 0.384;

const SIZES = createSettingsCatalog({
  providers: [
    { name: INSTANCE.name, ...INSTANCE.size, untrunkedInterfaces: INSTANCE.size.interfaces, price: PRICE },
  ],
  instanceTypes: [],
});

/** Twenty of them fit on one instance. */
const REQUEST = { requested_cpu: 256, requested_memory: 1024 };

/** The simulated AWS without failures. Mounts wait for each other, and tasks have their readiness container. */
const HAZARDS: Partial<Hazards> = {
  ...Object.fromEntries(Object.keys(DEFAULT_HAZARDS).map((name) => [name, 0])),
  oneMountAtATime: 1,
  companion: 1,
};

export interface InstallationOptions {
  /** A whole number from 0 to 2³² − 1. */
  readonly seed: number;
  readonly timing: Timing;
  /** Instances that exist at the beginning. @default 0 */
  readonly instances?: number;
}

/**
 * The functions of the controller over the simulated AWS, in virtual time. Its clients do as a frontend does: they send a
 * request, then poll until the workbench is running.
 */
export class SimulatedInstallation {
  readonly #kernel = new Kernel();
  readonly #random: Random;
  readonly #tape: Tape;
  readonly #world: World;
  readonly #controller: Controller;
  readonly #environments: ExecutionEnvironments;
  #created = 0;
  /** The first error of a function or of the simulation. */
  #failure: unknown;

  constructor({ seed, timing, instances = 0 }: InstallationOptions) {
    const kernel = this.#kernel;
    this.#random = new Random(seed);
    this.#tape = new Tape(
      Array.from({ length: TAPE_LENGTH }, () => Math.floor(this.#random.next() * 2 ** 32)),
    );
    this.#environments = new ExecutionEnvironments(kernel, this.#random, REAL_CONTROLLER_TIMING);
    this.#world = new World(kernel, this.#tape, {
      // From zero, ECS launches two instances.
      providers: [{ ...INSTANCE, initial: instances, max: instances === 0 ? 2 : instances }],
      tags: { [INSTALLATION_TAG]: INSTALLATION },
      hazards: HAZARDS,
      timing,
      queue: { onMessageVisible: () => work.receiveBatches() },
      onEvent: (event) => this.#publish(event),
    });
    const invocations = new Invocations({
      kernel,
      tape: this.#tape,
      faultRate: 0,
      callMs: (call) => this.#environments.drawCallMs(call),
    });
    invocations.disableFaults();
    const fail = (message: string, cause?: unknown) => this.#fail(new Error(message, { cause }));
    this.#controller = new Controller({
      kernel,
      tape: this.#tape,
      world: this.#world,
      invocations,
      fleet: new MixedFleet({
        kernel,
        tape: this.#tape,
        rollout: undefined,
        onViolation: (violation) => this.#fail(violation),
      }),
      sizes: SIZES,
      onFreeCapacity: () => {},
      wrapStore: (inner) => inner,
      onError: fail,
    });
    this.#controller.disableHazards();
    const work = new EventSourceMappingModel(
      this.#world.sqs,
      (batch) => this.#environments.run('drive', () => this.#controller.drive(batch)),
      DEPLOYED.drive.startedBy,
    );
    this.#sweepEachMinute();
  }

  /** The instances that EC2 bills. */
  get instanceCount(): number {
    return this.#world.ec2Instances.listBilled().length;
  }

  /** Advances the time. */
  async wait(ms: number): Promise<void> {
    const end = this.#kernel.now() + ms;
    while (await this.#kernel.step(end)) this.#throwFailure();
  }

  /** Creates a workbench. Returns it and the milliseconds until its client reads `running`. */
  async create(): Promise<{ readonly workbench: WorkbenchHandle; readonly ms: number }> {
    this.#created += 1;
    const userId = `user${this.#created}`;
    return this.#complete(async () => {
      const startedAt = this.#kernel.now();
      const { body } = await this.#request('create', {
        query: `user_id=${userId}`,
        body: { workbench_name: 'bench', ...REQUEST },
      });
      const workbench = { userId, workbenchId: String(body.item.workbench_id) };
      await this.#pollUntilRunning(workbench);
      return { workbench, ms: this.#kernel.now() - startedAt };
    });
  }

  /** Starts stopped workbenches at once. Returns for each the milliseconds until its client reads `running`. */
  async start(workbenches: readonly WorkbenchHandle[]): Promise<readonly number[]> {
    return this.#complete(() =>
      Promise.all(
        workbenches.map(async (workbench) => {
          const startedAt = this.#kernel.now();
          await this.#request('start', callFor(workbench));
          await this.#pollUntilRunning(workbench);
          return this.#kernel.now() - startedAt;
        }),
      ),
    );
  }

  /** Stops workbenches, and checks after this time that all of them are stopped. */
  async stop(workbenches: readonly WorkbenchHandle[], ms: number): Promise<void> {
    await this.#complete(() =>
      Promise.all(workbenches.map((workbench) => this.#request('stop', callFor(workbench)))),
    );
    await this.wait(ms);
    const stopped = new Set(
      this.#controller.stores.workbenches
        .listAll()
        .filter(({ status }) => status === 'stopped')
        .map(({ workbenchId }) => workbenchId),
    );
    if (!workbenches.every(({ workbenchId }) => stopped.has(workbenchId)))
      throw new Error('not all workbenches are stopped');
  }

  async #request(operation: Operation, call: Parameters<Controller['request']>[1]): Promise<ApiResponse> {
    const response = await this.#environments.run(operation, () => this.#controller.request(operation, call));
    if (response.status >= 300)
      throw new Error(`${operation} returned ${response.status}: ${JSON.stringify(response.body)}`);
    return response;
  }

  /** Polls at the interval that the API asks for. */
  async #pollUntilRunning(workbench: WorkbenchHandle): Promise<void> {
    for (;;) {
      const { body, retryAfterSeconds } = await this.#request('read', callFor(workbench));
      if (body.item.status === 'running') return;
      if (retryAfterSeconds === undefined)
        throw new Error(
          `a workbench is not running but ${body.item.status}: ${body.item.status_reason?.message}`,
        );
      await this.#kernel.sleep(retryAfterSeconds * SECOND);
    }
  }

  #publish(event: WorldEvent): void {
    for (const name of eventHandlersFor(event)) {
      this.#kernel.after(this.#environments.drawMs('event'), () => {
        this.#environments
          .run(name, () => this.#controller.handleEvent(name, event))
          .then((succeeded) => {
            if (!succeeded) throw new Error(`${name} failed`);
          })
          .catch((error) => this.#fail(error));
      });
    }
  }

  #sweepEachMinute(): void {
    this.#kernel.after(MINUTE, () => {
      this.#environments
        .run('sweep-due', () => this.#controller.sweepDue())
        .catch((error) => this.#fail(error));
      this.#sweepEachMinute();
    });
  }

  /** Advances the time until the work is done. */
  async #complete<T>(work: () => Promise<T>): Promise<T> {
    let done = false;
    const result = work().finally(() => {
      done = true;
    });
    result.catch(() => {});
    const end = this.#kernel.now() + OPERATION_MAX_MS;
    while (!done) {
      if (!(await this.#kernel.step(end))) throw new Error('the operation did not end within an hour');
      this.#throwFailure();
    }
    return result;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#tape.drawCount > TAPE_LENGTH) throw new Error('the tape is too short');
  }
}

export interface WorkbenchHandle {
  readonly userId: string;
  readonly workbenchId: string;
}

function callFor({ userId, workbenchId }: WorkbenchHandle) {
  return { query: `user_id=${userId}`, wid: workbenchId };
}
