import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EngineMessage, readEngineMessages } from '#adapters/local/containers/engine-messages.ts';

async function eventsOf(chunks: readonly (string | Buffer)[]): Promise<readonly EngineMessage[]> {
  const events: EngineMessage[] = [];
  for await (const event of readEngineMessages(Readable.from(chunks, { objectMode: false })))
    events.push(event);
  return events;
}

describe('what an engine says while it goes on', () => {
  it('is read line by line, the last without an end too', async () => {
    expect(await eventsOf(['{"status":"a"}\r\n{"status":"b"}\n\n{"error":"c"}'])).toEqual([
      { status: 'a' },
      { status: 'b' },
      { error: 'c' },
    ]);
  });

  it('is the same however it is cut into pieces, characters included', async () => {
    const events = [{ status: 'größer 🥛' }, { id: 'x', progressDetail: { current: 1, total: 2 } }];
    const bytes = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
        expect(await eventsOf(pieces.filter((piece) => piece.length > 0))).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it('is passed over where it is no JSON', async () => {
    expect(await eventsOf(['half {\n7\nnull\n{"status":"a"}\n'])).toEqual([{ status: 'a' }]);
  });
});
