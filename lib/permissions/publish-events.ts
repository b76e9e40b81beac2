import { WORKBENCH_EVENT_SOURCE } from '#contract/workbench-event.ts';
import type { Permission } from './allow.ts';
import { sendFailedInvocations } from './queues.ts';

/**
 * The permissions of the function that publishes workbench events. It reads the stream of the table, and not the table.
 * @param stream ARN of the stream of the table
 * @param bus ARN
 * @param failedInvocations ARN of the queue
 */
export function publishEventsPermissions(
  stream: string,
  bus: string,
  failedInvocations: string,
): readonly Permission[] {
  return [
    {
      sid: 'ReadStream',
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [stream],
      why: 'Lambda reads the new history entries for the function.',
    },
    {
      sid: 'ListStreams',
      actions: ['dynamodb:ListStreams'],
      resources: ['*'],
      why: 'Lambda finds the stream of the table. The list has names and ARNs only.',
      anyResource: 'IAM does not support resources for dynamodb:ListStreams.',
    },
    {
      sid: 'PublishEvents',
      actions: ['events:PutEvents'],
      resources: [bus],
      conditions: { StringEquals: { 'events:source': WORKBENCH_EVENT_SOURCE } },
      why: 'Publishes workbench events, under the source of the controller only.',
    },
    sendFailedInvocations(failedInvocations),
  ];
}
