import type { ContainerInstance, Task } from '@aws-sdk/client-ecs';

/** EventBridge's events, made of what the emulator describes. */

export interface AwsEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: object;
}

/** `ECS Task State Change` is the task as described, without what events leave out. */
export function taskEvent(task: Task): AwsEvent {
  const { tags: _tags, healthStatus: _health, attachments = [], ...detail } = task;
  return eventOf('aws.ecs', 'ECS Task State Change', [task.taskArn ?? ''], {
    ...detail,
    // The one type has two names.
    attachments: attachments.map((attachment) => ({ ...attachment, type: 'eni' })),
  });
}

/** @param version moto counts none for machines */
export function containerInstanceEvent(machine: ContainerInstance, version: number): AwsEvent {
  const { tags: _tags, attachments: _attachments, ...detail } = machine;
  const arn = machine.containerInstanceArn ?? '';
  return eventOf('aws.ecs', 'ECS Container Instance State Change', [arn], { ...detail, version });
}

export function instanceEvent(instanceId: string, state: string): AwsEvent {
  const arn = `arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`;
  return eventOf('aws.ec2', 'EC2 Instance State-change Notification', [arn], {
    'instance-id': instanceId,
    state,
  });
}

/** As it comes out of JSON: times are text. */
function eventOf(source: string, detailType: string, resources: readonly string[], detail: object): AwsEvent {
  const event = {
    version: '0',
    id: '8f07966c-b005-4a0f-9ee9-63d2c41448b3',
    'detail-type': detailType,
    source,
    account: '123456789012',
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'eu-central-1',
    resources,
    detail,
  };
  return JSON.parse(JSON.stringify(event));
}
