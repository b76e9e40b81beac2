import { expect, it } from 'vitest';
import { CloudWatchRunLogReader } from '#adapters/aws/cloudwatch-logs/run-log-reader.ts';
import { LOGGED_RUN } from '#test/contracts/run-log-reader.ts';
import { recordingClient } from './recording-client.ts';

const GROUP = '/staging/workbenches';
/** As the log driver names it: the prefix of the task definition, the container and the task. */
const STREAM = `workbench/workbench/${LOGGED_RUN.taskId}`;

function readerWith(events: readonly object[]) {
  const { client, sent } = recordingClient({ GetLogEvents: { events, nextForwardToken: 'f/2' } });
  return { reader: new CloudWatchRunLogReader(client, GROUP), sent };
}

it('output is read from the oldest event of the stream of the task', async () => {
  const { reader, sent } = readerWith([{ message: 'one' }]);
  await reader.readLog(LOGGED_RUN, { limit: 100 });
  // Without a start time: the log group keeps what a user may see.
  expect(sent).toEqual([
    {
      name: 'GetLogEvents',
      input: { logGroupName: GROUP, logStreamName: STREAM, limit: 100, startFromHead: true },
    },
  ]);
});

it('the newest output is read from the end of the stream', async () => {
  const { reader, sent } = readerWith([{ message: 'one' }]);
  await reader.readLog(LOGGED_RUN, { limit: 100, newest: true });
  expect(sent).toMatchObject([{ input: { startFromHead: false } }]);
});

it('output after a page is read with its token, which requires startFromHead', async () => {
  const { reader, sent } = readerWith([]);
  await reader.readLog(LOGGED_RUN, { limit: 1, after: 'f/1', newest: true });
  const input = { logGroupName: GROUP, logStreamName: STREAM, limit: 1, startFromHead: true };
  // A page without events is followed until the token is the same again.
  expect(sent.map((request) => request.input)).toEqual([
    { ...input, nextToken: 'f/1' },
    { ...input, nextToken: 'f/2' },
  ]);
});
