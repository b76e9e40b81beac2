import type { QueueName } from '#contract/deployed-functions.ts';
import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';

export function sendToWorkQueue({ queues }: PermissionContext): Permission {
  return {
    sid: 'SendToWorkQueue',
    actions: ['sqs:SendMessage'],
    resources: [queues.work.queueArn],
    why: 'Enqueues the keys of workbenches to drive.',
  };
}

export function sendToHostQueue({ queues }: PermissionContext): Permission {
  return {
    sid: 'SendToHostQueue',
    actions: ['sqs:SendMessage'],
    resources: [queues.host.queueArn],
    why: 'Forwards workbenches that need EC2 calls to drive-host.',
  };
}

export function sendToDeleteQueue({ queues }: PermissionContext): Permission {
  return {
    sid: 'SendToDeleteQueue',
    actions: ['sqs:SendMessage'],
    resources: [queues.delete.queueArn],
    why: 'Forwards workbenches whose files are to be deleted to drive-delete.',
  };
}

export function receiveMessages({ queues }: PermissionContext, queue: QueueName): Permission {
  return {
    sid: 'ReceiveMessages',
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    resources: [queues[queue].queueArn],
    why: 'Lambda receives the messages for the function.',
  };
}

export function sendFailedInvocations(queueArn: string): Permission {
  return {
    sid: 'SendFailedInvocations',
    actions: ['sqs:SendMessage'],
    resources: [queueArn],
    why: 'Lambda stores invocations that failed after the last retry.',
  };
}
