import type { PutEventsCommandInput, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';

/** The bus of EventBridge behind PutEvents, as far as its entries matter. */
export class FakeBus {
  readonly details: string[] = [];
  /** The calls, with the number of their entries. */
  readonly calls: number[] = [];
  /** Returns the code with which an entry fails in this call; undefined: it is accepted. */
  failWith: (detail: string, call: number) => string | undefined = () => undefined;
  /** Thrown by calls with these entries. */
  errorOf: (details: readonly string[]) => Error | undefined = () => undefined;

  send = async ({ input }: { readonly input: PutEventsCommandInput }): Promise<object> => {
    const { Entries = [] } = input;
    if (Entries.length === 0 || Entries.length > 10) throw new Error(`${Entries.length} entries`);
    const error = this.errorOf(Entries.map(({ Detail = '' }) => Detail));
    if (error !== undefined) throw error;
    this.calls.push(Entries.length);
    const results = Entries.map(({ Detail = '' }): PutEventsResultEntry => {
      const ErrorCode = this.failWith(Detail, this.calls.length);
      if (ErrorCode !== undefined) return { ErrorCode };
      this.details.push(Detail);
      return { EventId: String(this.details.length) };
    });
    return {
      FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
      Entries: results,
    };
  };
}
