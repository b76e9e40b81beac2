import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { logStreamOf } from '#contract/log-streams.ts';
import {
  LOG_LINE_MAX_BYTES,
  type LoggedRun,
  type LogLine,
  type LogPage,
  type LogPageRequest,
  type RunLogReader,
} from '#core/ports/run-log-reader.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { callAws, isAwsError } from '../errors.ts';

/** How many pages without events are skipped. CloudWatch may return some before the end of a stream. */
const EMPTY_PAGES_MAX = 3;

/** A page of CloudWatch has at most 1 MB. As JSON a control character takes six bytes, and Lambda returns at most 6 MB. */
const PAGE_MAX_BYTES = 512 * 1024;

/**
 * The output of tasks in CloudWatch Logs, where the log driver of ECS writes it: one stream per task. An event is a line; the
 * driver cuts lines above 16 KB. Of those that are longer than LOG_LINE_MAX_BYTES the rest is left out, as it is of a page
 * with more than PAGE_MAX_BYTES.
 */
export class CloudWatchRunLogReader implements RunLogReader {
  readonly #client: Pick<CloudWatchLogsClient, 'send'>;
  readonly #group: string;

  /** @param group the name of the log group */
  constructor(client: Pick<CloudWatchLogsClient, 'send'>, group: string) {
    this.#client = client;
    this.#group = group;
  }

  async readLog({ taskId }: LoggedRun, { limit, after, newest = false }: LogPageRequest): Promise<LogPage> {
    const stream = logStreamOf(taskId);
    let token = after === '' ? undefined : after;
    for (let reads = 0; ; reads += 1) {
      const page = await this.#read(stream, limit, token, newest && after === undefined);
      if (page === 'unknown token') {
        token = undefined;
        continue;
      }
      const isEnd = page.next === token;
      token = page.next;
      if (page.events.length > 0 || isEnd || reads >= EMPTY_PAGES_MAX)
        return { lines: toLines(page.events), next: token ?? '' };
    }
  }

  async #read(
    stream: string,
    limit: number,
    token: string | undefined,
    newest: boolean,
  ): Promise<
    { readonly events: readonly OutputLogEvent[]; readonly next: string | undefined } | 'unknown token'
  > {
    const command = new GetLogEventsCommand({
      logGroupName: this.#group,
      logStreamName: stream,
      limit,
      // A token of this direction requires it.
      startFromHead: token !== undefined || !newest,
      ...(token === undefined ? {} : { nextToken: token }),
    });
    try {
      const { events = [], nextForwardToken: next } = await this.#client.send(command);
      return { events, next };
    } catch (error) {
      // The task has printed nothing yet, or the log group has deleted its stream.
      if (isAwsError(error, 'noSuchLogStream')) return { events: [], next: token };
      // A token is valid for a day.
      if (token !== undefined && isAwsError(error, 'invalidParameter')) return 'unknown token';
      return callAws('logs', 'GetLogEvents', () => Promise.reject(error));
    }
  }
}

function toLines(events: readonly OutputLogEvent[]): readonly LogLine[] {
  let left = PAGE_MAX_BYTES;
  return events.map(({ message = '', timestamp }) => {
    const text = truncateUtf8(message, Math.min(LOG_LINE_MAX_BYTES, left));
    left -= Buffer.byteLength(text);
    return { text, ...(timestamp === undefined ? {} : { at: timestamp }) };
  });
}
