import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { inject } from 'vitest';
import { createLogsClient } from '#adapters/aws/clients.ts';
import { CloudWatchRunLogReader } from '#adapters/aws/cloudwatch-logs/run-log-reader.ts';
import { logStreamOf } from '#contract/log-streams.ts';
import { describeRunLogReaderContract, LOGGED_RUN } from '#test/contracts/run-log-reader.ts';
import { connectionTo, sdkConfig, uniqueName } from '../connection.ts';

describeRunLogReaderContract('CloudWatchRunLogReader on moto', async () => {
  const client = createLogsClient(connectionTo('moto'));
  const driver = new CloudWatchLogsClient(sdkConfig(inject('emulators').moto));
  const logGroupName = uniqueName('workbenches');
  const logStreamName = logStreamOf(LOGGED_RUN.taskId);
  await driver.send(new CreateLogGroupCommand({ logGroupName }));
  let printed = 0;
  const firstAt = Date.now() - 60_000;
  return {
    reader: new CloudWatchRunLogReader(client, logGroupName),
    // As the log driver: it creates the stream when the task prints for the first time.
    async print(lines) {
      if (printed === 0) await driver.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
      const logEvents = lines.map((message) => ({ message, timestamp: firstAt + printed++ }));
      await driver.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    },
    async dispose() {
      client.destroy();
      driver.destroy();
    },
  };
});
