import type { Readable } from 'node:stream';

/** A progress message of a pull or a build. */
export interface EngineMessage {
  /** The id of the layer. */
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** A line of build output. */
  readonly stream?: string;
  /** Why the pull or build failed. The HTTP status is 200 nevertheless. */
  readonly error?: string;
}

/** Longer lines are skipped, characters. */
const LINE_MAX_CHARS = 1_000_000;

/** Parses a streamed response of JSON lines. Lines that are not JSON are skipped. */
export async function* readEngineMessages(stream: Readable): AsyncGenerator<EngineMessage> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const text of stream) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_MAX_CHARS) rest = '';
    for (const line of lines) yield* parseLine(line);
  }
  yield* parseLine(rest);
}

function* parseLine(line: string): Generator<EngineMessage> {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null) yield event;
  } catch {
    // The line is empty or truncated.
  }
}
