import { describe, expect, it } from 'vitest';
import { CloudWatchRunLogReader } from '#adapters/aws/cloudwatch-logs/run-log-reader.ts';
import { describeRunLogReaderContract, LOGGED_RUN } from '#test/contracts/run-log-reader.ts';
import { LogStream } from './log-stream.ts';

function setUp() {
  const stream = new LogStream();
  return { stream, reader: new CloudWatchRunLogReader(stream as never, '/staging/workbenches') };
}

const subject = async () => {
  const { stream, reader } = setUp();
  return { reader, stream, print: async (lines: readonly string[]) => stream.print(lines) };
};

describeRunLogReaderContract('CloudWatchRunLogReader', async () => ({
  ...(await subject()),
  dispose: async () => {},
}));

describeRunLogReaderContract('CloudWatchRunLogReader with pages without events', async () => {
  const { stream, ...rest } = await subject();
  stream.emptyPages = 2;
  return { ...rest, dispose: async () => {} };
});

describe('CloudWatchRunLogReader', () => {
  it('returns the times of lines', async () => {
    const { stream, reader } = setUp();
    stream.print(['one', 'two']);
    expect((await reader.readLog(LOGGED_RUN, { limit: 10 })).lines).toEqual([
      { text: 'one', at: 0 },
      { text: 'two', at: 1 },
    ]);
  });

  it('returns at most 512 KiB, because Lambda returns at most 6 MB of JSON', async () => {
    const { stream, reader } = setUp();
    stream.print(Array.from({ length: 250 }, () => '\u001b'.repeat(4_096)));
    const { lines } = await reader.readLog(LOGGED_RUN, { limit: 1_000 });
    expect(lines).toHaveLength(250);
    expect(lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)).toBe(512 * 1024);
  });

  it.each(['AccessDeniedException', 'ThrottlingException', 'ServiceUnavailableException'])(
    'throws a PortError for %s',
    async (name) => {
      const send = () => Promise.reject(Object.assign(new Error(name), { name }));
      const reader = new CloudWatchRunLogReader({ send } as never, 'group');
      await expect(reader.readLog(LOGGED_RUN, { limit: 1 })).rejects.toMatchObject({
        name: 'PortError',
        kind: name === 'ThrottlingException' ? 'throttled' : 'unavailable',
      });
    },
  );
});
