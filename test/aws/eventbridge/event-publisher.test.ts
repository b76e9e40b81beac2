import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { inject } from 'vitest';
import { BusEventPublisher, createEventBridgeClient } from '#adapters/aws/eventbridge/event-publisher.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { describeEventPublisherContract } from '#test/contracts/event-publisher.ts';
import { connectionTo, sdkConfig, uniqueName } from '../connection.ts';

describeEventPublisherContract('BusEventPublisher on ministack', async () => {
  const client = createEventBridgeClient(connectionTo('ministack'));
  // No service listens on this port.
  const unreachable = createEventBridgeClient({
    ...connectionTo('ministack'),
    endpoint: 'http://127.0.0.1:9',
  });
  const operator = new EventBridgeClient(sdkConfig(inject('emulators').ministack));
  const queues = new SQSClient(sdkConfig(inject('emulators').ministack));
  const bus = uniqueName('bus');
  const { QueueUrl = '' } = await queues.send(new CreateQueueCommand({ QueueName: uniqueName('reader') }));
  const { Attributes = {} } = await queues.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await operator.send(new CreateEventBusCommand({ Name: bus }));
  await operator.send(
    new PutRuleCommand({
      EventBusName: bus,
      Name: bus,
      EventPattern: JSON.stringify({
        source: ['workbench-controller'],
        'detail-type': ['Workbench Idle Warning'],
      }),
    }),
  );
  await operator.send(
    new PutTargetsCommand({
      EventBusName: bus,
      Rule: bus,
      Targets: [{ Id: 'reader', Arn: Attributes.QueueArn }],
    }),
  );
  const received: WorkbenchEvent[] = [];
  let sender = client;
  return {
    publisher: new BusEventPublisher(
      { send: ((command: never) => sender.send(command)) as typeof client.send },
      bus,
    ),
    async received() {
      for (;;) {
        const { Messages = [] } = await queues.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
        );
        if (Messages.length === 0) return received;
        received.push(...Messages.map(({ Body = '' }) => JSON.parse(Body).detail as WorkbenchEvent));
      }
    },
    async breakDown() {
      sender = unreachable;
    },
    async dispose() {
      for (const each of [client, unreachable, operator, queues]) each.destroy();
    },
  };
});
