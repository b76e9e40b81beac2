import type { Context } from 'aws-lambda';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Machines } from '#adapters/aws/ec2/machines.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { sweepVolumes } from '#core/reconcile/volumes.ts';
import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { build as buildDestroy } from '#functions/api/destroy-workbench.ts';
import { build as buildGet } from '#functions/api/get-workbench.ts';
import { build as buildList } from '#functions/api/list-workbenches.ts';
import { build as buildRestart } from '#functions/api/restart-workbench.ts';
import { build as buildStart } from '#functions/api/start-workbench.ts';
import { build as buildStop } from '#functions/api/stop-workbench.ts';
import { build as buildUpdate } from '#functions/api/update-workbench.ts';
import { build as buildDrive } from '#functions/drive/drive.ts';
import { build as buildInstanceEvent } from '#functions/events/instance-state-change.ts';
import { build as buildTaskEvent } from '#functions/events/task-state-change.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import { build as buildActive } from '#functions/schedules/reconcile-active.ts';
import { build as buildDue } from '#functions/schedules/reconcile-due.ts';
import { build as buildSweepCloud } from '#functions/schedules/sweep-cloud.ts';
import { type Call, gatewayEvent, settingsWith } from '#test/functions/calling.ts';
import { clientThrough, type Invocation, type Invocations, through } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import { MemoryReportStore } from '../memory-report-store.ts';
import { memoryStores } from '../memory-stores.ts';
import type { Tape } from '../tape.ts';
import type { ReceivedMessage } from '../world/sqs-model.ts';
import type { World, WorldEvent } from '../world/world.ts';
import {
  EFS_SETTINGS,
  HOST_SETTINGS,
  INSTALLATION,
  TASK_SETTINGS,
  WORLD_OPTIONS,
} from '../world/world-subject.ts';

/** As deployed: what API Gateway allows a function, and what the others have. Milliseconds. */
const API_ENDS_MS = 29_000;
const FUNCTION_ENDS_MS = 60_000;

/** The clocks of two machines differ by no more than this. Milliseconds. */
const SKEW_MS = 2000;

/** Hints miss an entry this often. */
const HINT_LAGS = 0.1;

const OPERATIONS = {
  create: buildCreate,
  read: buildGet,
  list: buildList,
  start: buildStart,
  stop: buildStop,
  restart: buildRestart,
  delete: buildDestroy,
  rename: buildUpdate,
} as const;
export type Operation = keyof typeof OPERATIONS;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: clients look into answers of every shape
  readonly body: any;
}

export interface ControllerOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly world: World;
  readonly invocations: Invocations;
  /** Called with each record that is written, before anybody learns of it. */
  readonly store: (inner: WorkbenchStore) => WorkbenchStore;
  readonly onError?: (message: string, error: unknown) => void;
}

/** The functions as they are deployed, each invocation with ports that pass through it. */
export class Controller {
  readonly stores = memoryStores();
  readonly reports = new MemoryReportStore();
  readonly #options: ControllerOptions;
  readonly #workbenches: WorkbenchStore;
  readonly #settings = settingsWith({ WB_ORPHAN_GRACE_SECONDS: '900' });
  readonly #catalog: CapacityCatalog;
  readonly #ids = { count: 0 };
  #calm = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#workbenches = options.store(this.stores.workbenches);
    this.#catalog = {
      providers: async () => WORLD_OPTIONS.providers.map(({ name, size }) => ({ name, ...size })),
      instanceTypes: async () =>
        Object.entries(WORLD_OPTIONS.instanceTypes ?? {}).map(([name, size]) => ({ name, ...size })),
    };
  }

  beCalm(): void {
    this.#calm = true;
  }

  /** A request through API Gateway: 503 when the function does not answer in time. */
  async request(operation: Operation, call: Call): Promise<Answer> {
    const answer = await this.#invoke(`api/${operation}`, API_ENDS_MS, async (invocation) => {
      const handler = OPERATIONS[operation](this.#ports(invocation), this.#settings) as ApiHandler;
      const { statusCode, body } = await handler(gatewayEvent(call), {} as Context);
      return { status: statusCode, body: JSON.parse(body) };
    });
    return answer ?? { status: 503, body: { message: 'Service Unavailable' } };
  }

  /** A batch of messages. Answers those that are done with; undefined when the function died. */
  async drive(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[] | undefined> {
    return this.#invoke('drive', FUNCTION_ENDS_MS, async (invocation) => {
      const handler = buildDrive(this.#ports(invocation), this.#settings);
      const { batchItemFailures } = await handler({ Records: messages });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return messages.filter(({ messageId }) => !failed.has(messageId));
    });
  }

  /** An event. Answers whether it was taken in. */
  async event(event: WorldEvent): Promise<boolean> {
    const build = event['detail-type'] === 'ECS Task State Change' ? buildTaskEvent : buildInstanceEvent;
    const done = await this.#invoke('event', FUNCTION_ENDS_MS, async (invocation) => {
      await build(this.#ports(invocation), this.#settings)(event);
      return true;
    });
    return done === true;
  }

  /** Each minute. */
  async reconcileDue(): Promise<void> {
    await this.#invoke('reconcile-due', FUNCTION_ENDS_MS, (invocation) =>
      buildDue(this.#ports(invocation))(),
    );
  }

  /** Each ten minutes. */
  async audit(): Promise<void> {
    await this.#invoke('reconcile-active', 5 * FUNCTION_ENDS_MS, (invocation) =>
      buildActive(this.#ports(invocation), this.#settings)(),
    );
    await this.#invoke('sweep-cloud', 5 * FUNCTION_ENDS_MS, (invocation) =>
      buildSweepCloud(this.#ports(invocation), this.#settings)(),
    );
  }

  /** Each day. */
  async sweepVolumes(graceMs: number): Promise<void> {
    await this.#invoke('sweep-volumes', 15 * FUNCTION_ENDS_MS, (invocation) =>
      sweepVolumes(this.#ports(invocation), { graceMs, shard: 0, shards: 1 }),
    );
  }

  async #invoke<T>(
    name: string,
    endsMs: number,
    run: (invocation: Invocation) => Promise<T>,
  ): Promise<T | undefined> {
    const { kernel, invocations, onError } = this.#options;
    const invocation = invocations.begin(name);
    const cancel = kernel.after(endsMs, () => invocation.kill());
    const result = run(invocation).catch((error: unknown) => {
      if (isOurFault(error)) onError?.(`${invocation.name} failed`, error);
      return undefined;
    });
    const answer = await Promise.race([result, invocation.death.then(() => undefined)]);
    cancel();
    return answer;
  }

  #ports(invocation: Invocation) {
    const { kernel, tape, world } = this.#options;
    const skew = this.#calm ? 0 : tape.between(0, SKEW_MS) - (tape.chance(0.5) ? SKEW_MS : 0);
    const client = clientThrough((command) => world.handle(command as never), invocation);
    const clock = { now: () => kernel.now() + skew };
    const { onError } = this.#options;
    const telemetry: Telemetry = {
      info: () => {},
      warn: () => {},
      error: (message, fields, cause) => {
        if (isOurFault(cause)) onError?.(`${invocation.name}: ${message} ${JSON.stringify(fields)}`, cause);
      },
      count: () => {},
    };
    return {
      workbenches: through(this.#lagging(), 'workbenches', invocation),
      history: through(this.stores.history, 'history', invocation),
      idempotency: through(this.stores.idempotency, 'idempotency', invocation),
      reports: through(this.reports, 'reports', invocation),
      queue: new SqsWorkQueue(client, 'https://sqs.example/work'),
      tasks: new EcsTaskRunner(client, TASK_SETTINGS, new Ec2Machines(client, INSTALLATION)),
      hosts: new Ec2HostFleet(
        client,
        new ContainerInstances(client, HOST_SETTINGS.cluster),
        HOST_SETTINGS,
        clock,
      ),
      volumes: new EfsVolumeStore(client, through(world.janitor, 'janitor', invocation), EFS_SETTINGS, clock),
      catalog: this.#catalog,
      clock,
      telemetry,
      ids: {
        workbenchId: (now: number) => idAt(now, ++this.#ids.count),
        runId: () => `run${String(++this.#ids.count).padStart(13, '0')}`,
      },
    };
  }

  /** Indexes lag: what they answer may lack an entry. */
  #lagging(): WorkbenchStore {
    const inner = this.#workbenches;
    const there = () => this.#calm || !this.#options.tape.chance(HINT_LAGS);
    return new Proxy(inner, {
      get(target, name) {
        switch (name) {
          case 'listDue':
            return async (now: number, limit: number) => (await inner.listDue(now, limit)).filter(there);
          case 'listActive':
            return async (cursor?: string) => {
              const page = await inner.listActive(cursor);
              return { ...page, keys: page.keys.filter(there) };
            };
          case 'findByInstanceId':
            return async (instanceId: string) => (there() ? inner.findByInstanceId(instanceId) : undefined);
          default: {
            const value = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          }
        }
      },
    });
  }
}

/** Errors of ports are part of the game; others are faults of the product. */
function isOurFault(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError ||
    error instanceof ReferenceError
  );
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function idAt(now: number, count: number): string {
  let rest = BigInt(now);
  let time = '';
  for (let place = 0; place < 10; place += 1) {
    time = ALPHABET.charAt(Number(rest % 32n)) + time;
    rest /= 32n;
  }
  return time + String(count).padStart(16, '0');
}
