import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EngineMessage, readEngineMessages } from '#adapters/local/containers/engine-messages.ts';

async function messagesOf(chunks: readonly (string | Buffer)[]): Promise<readonly EngineMessage[]> {
  const events: EngineMessage[] = [];
  for await (const event of readEngineMessages(Readable.from(chunks, { objectMode: false })))
    events.push(event);
  return events;
}

describe('readEngineMessages', () => {
  it('parses lines, the last one also without a line end', async () => {
    expect(await messagesOf(['{"status":"a"}\r\n{"status":"b"}\n\n{"error":"c"}'])).toEqual([
      { status: 'a' },
      { status: 'b' },
      { error: 'c' },
    ]);
  });

  it('returns the same messages for any split of the stream, also within characters', async () => {
    const events = [{ status: 'größer 🥛' }, { id: 'x', progressDetail: { current: 1, total: 2 } }];
    const bytes = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
        expect(await messagesOf(pieces.filter((piece) => piece.length > 0))).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it('skips lines that are not JSON', async () => {
    expect(await messagesOf(['half {\n7\nnull\n{"status":"a"}\n'])).toEqual([{ status: 'a' }]);
  });
});
