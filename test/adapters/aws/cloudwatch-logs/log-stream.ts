import type { GetLogEventsCommandInput, GetLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';

/** GetLogEvents as its API reference describes it, for one stream. */
export class LogStream {
  readonly #events: { readonly message: string; readonly timestamp: number }[] = [];
  /** How many pages without events come before those with events. */
  emptyPages = 0;

  print(lines: readonly string[]): void {
    for (const message of lines) this.#events.push({ message, timestamp: this.#events.length });
  }

  async send({ input }: { readonly input: GetLogEventsCommandInput }): Promise<GetLogEventsCommandOutput> {
    const { nextToken, limit = 10_000, startFromHead = false } = input;
    if (this.#events.length === 0) throw named('ResourceNotFoundException');
    const total = this.#events.length;
    const match = /^f\/(\d{1,9})\.(\d+)$/.exec(nextToken ?? '');
    if (nextToken !== undefined && (match === null || Number(match[1]) > total || !startFromHead))
      throw named('InvalidParameterException');
    const empty = Number(match?.[2] ?? 0);
    const start = match === null ? (startFromHead ? 0 : Math.max(0, total - limit)) : Number(match[1]);
    if (empty < this.emptyPages && start < total)
      return { events: [], nextForwardToken: `f/${start}.${empty + 1}`, $metadata: {} };
    const events = this.#events.slice(start, start + limit);
    const next = events.length === 0 && nextToken !== undefined ? nextToken : `f/${start + events.length}.0`;
    return { events, nextForwardToken: next, $metadata: {} };
  }
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
