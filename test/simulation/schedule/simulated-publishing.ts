import { BusEventPublisher } from '#adapters/aws/eventbridge/event-publisher.ts';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { build, type TableChange } from '#functions/streams/publish-events.ts';
import type { MemoryHistoryStore } from '../../memory/memory-stores.ts';
import { type Fault, Invocations, interceptClient } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { EventBusModel } from '../world/event-bus-model.ts';
import { TableStreamModel } from '../world/table-stream-model.ts';
import { EventChecks } from './event-checks.ts';
import { isProgrammingError } from './function-ports.ts';

const PUBLISH = 'publish-events';
const BUS = 'some-bus';

export interface PublishingOptions {
  readonly kernel: Kernel;
  /** Of its own, so that what is published changes nothing in the schedule of a seed. */
  readonly tape: Tape;
  readonly faultRate: number;
  readonly history: MemoryHistoryStore;
  readonly onCall: (invocation: string, call: string, fault: Fault) => void;
  readonly onError: (error: unknown) => void;
}

/** The function that publishes workbench events, with the stream of the table before it and the bus behind it. */
export class SimulatedPublishing {
  readonly #options: PublishingOptions;
  readonly #invocations: Invocations;
  readonly #bus: EventBusModel;
  readonly #stream: TableStreamModel;
  readonly #checks = new EventChecks();

  constructor(options: PublishingOptions) {
    const { kernel, tape, faultRate, history, onCall } = options;
    this.#options = options;
    this.#invocations = new Invocations({ kernel, tape, faultRate, onCall });
    this.#bus = new EventBusModel(tape, BUS);
    if (faultRate === 0) this.#bus.disableHazards();
    this.#stream = new TableStreamModel(kernel, tape, (changes) => this.#publish(changes));
    history.onNewEntry = (workbenchId, entry, event) => {
      this.#checks.noteEntry(workbenchId, entry);
      const item = event === undefined ? {} : { event: { S: JSON.stringify(event) } };
      this.#stream.insert(`history#${workbenchId}`, String(entry.seq), item);
    };
  }

  /** From now on every call succeeds. */
  disableFaults(): void {
    this.#invocations.disableFaults();
    this.#bus.disableHazards();
  }

  /** The number of new entries of the history that the function has not processed. */
  get unpublished(): number {
    return this.#stream.size;
  }

  /** Checks what was published. Only when nothing has failed for some minutes. */
  check(): void {
    this.#checks.check(this.#bus.entries);
  }

  async #publish(changes: readonly TableChange[]) {
    const { kernel } = this.#options;
    const invocation = this.#invocations.start(PUBLISH);
    const cancel = kernel.after(DEPLOYED[PUBLISH].timeoutSeconds * 1000, () => invocation.kill());
    const client = interceptClient((command) => this.#bus.handle(command as never), invocation);
    const publisher = new BusEventPublisher(client, BUS, (ms) => kernel.sleep(ms));
    const telemetry: Telemetry = {
      info: () => {},
      warn: () => {},
      error: (_message, _fields, cause) => this.#failOnMistake(cause),
      count: (...[metric]) => {
        if (metric === 'event_dropped') this.#options.onError(new Error('an event was dropped'));
      },
    };
    const returned = build({ publisher, telemetry })({ Records: changes }).then(
      ({ batchItemFailures }) => ({ firstFailed: batchItemFailures[0]?.itemIdentifier }),
      (error: unknown) => this.#failOnMistake(error),
    );
    const result = await Promise.race([returned, invocation.ended.then(() => undefined)]);
    cancel();
    return result;
  }

  #failOnMistake(error: unknown): undefined {
    if (isProgrammingError(error)) this.#options.onError(error);
    return undefined;
  }
}
