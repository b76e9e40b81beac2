import type { PutEventsCommandInput, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { Tape } from '../tape.ts';
import { type AwsCommand, awsError } from './aws-error.ts';

/** The probability that the bus does not accept an entry of a request that succeeds. */
const FAILED_ENTRY_PROBABILITY = 0.1;
const FAILED_ENTRY_CODES = ['ThrottlingException', 'InternalFailure'] as const;

/** An entry that the bus has accepted. */
export interface BusEntry {
  readonly source: string;
  readonly detailType: string;
  readonly detail: string;
  readonly time: Date | undefined;
}

/** A bus of EventBridge: each entry of a request is accepted on its own. */
export class EventBusModel {
  readonly entries: BusEntry[] = [];
  readonly #tape: Tape;
  readonly #name: string;
  #hazardsEnabled = true;

  constructor(tape: Tape, name: string) {
    this.#tape = tape;
    this.#name = name;
  }

  /** From now on every valid entry is accepted. */
  disableHazards(): void {
    this.#hazardsEnabled = false;
  }

  handle(command: AwsCommand): unknown {
    if (command.constructor.name !== 'PutEventsCommand')
      throw new Error(`EventBridge is not modelled for ${command.constructor.name}`);
    const { Entries = [] } = command.input as PutEventsCommandInput;
    if (Entries.length === 0 || Entries.length > 10)
      throw awsError('ValidationException', 'A request has 1 to 10 entries.');
    const results = Entries.map(
      ({ EventBusName, Source = '', DetailType = '', Detail = '', Time }): PutEventsResultEntry => {
        if (EventBusName !== this.#name) return { ErrorCode: 'AccessDeniedException' };
        if (this.#hazardsEnabled && this.#tape.chance(FAILED_ENTRY_PROBABILITY))
          return { ErrorCode: this.#tape.pick([...FAILED_ENTRY_CODES]) };
        this.entries.push({ source: Source, detailType: DetailType, detail: Detail, time: Time });
        return { EventId: `event-${this.entries.length}` };
      },
    );
    const FailedEntryCount = results.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
    return { FailedEntryCount, Entries: results };
  }
}
