import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';

export function sendToWorkQueue({ queues }: PermissionContext): Permission {
  return {
    sid: 'SendToWorkQueue',
    actions: ['sqs:SendMessage'],
    resources: [queues.work.queueArn],
    why: 'Tells whoever drives that there is something to do.',
  };
}

export function sendToHostQueue({ queues }: PermissionContext): Permission {
  return {
    sid: 'SendToHostQueue',
    actions: ['sqs:SendMessage'],
    resources: [queues.host.queueArn],
    why: 'Hands what needs EC2 over to drive-host.',
  };
}

export function receiveMessages({ queues }: PermissionContext, queue: 'work' | 'host'): Permission {
  return {
    sid: 'ReceiveMessages',
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    resources: [queues[queue].queueArn],
    why: 'Lambda takes the messages for it.',
  };
}

export function sendFailedInvocations(queueArn: string): Permission {
  return {
    sid: 'SendFailedInvocations',
    actions: ['sqs:SendMessage'],
    resources: [queueArn],
    why: 'Lambda keeps what the function could not do, after its last try.',
  };
}
