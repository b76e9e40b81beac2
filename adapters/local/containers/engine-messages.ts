import type { Readable } from 'node:stream';

/** What an engine says of a pull or a build while it goes on. */
export interface EngineMessage {
  /** The layer that it is about. */
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** A line that a build prints. */
  readonly stream?: string;
  /** It has failed, and why: the answer itself was 200. */
  readonly error?: string;
}

/** Longest line that is taken, characters; a longer one is left out. */
const LINE_MAX_CHARS = 1_000_000;

/** The JSON lines of an answer that goes on. What is no JSON is left out. */
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
    // A cut line, or an empty one.
  }
}
