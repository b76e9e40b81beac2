import type { Permission } from './allow.ts';
import type { Surroundings } from './permission-context.ts';

export function sendToWorkQueue({ queues }: Surroundings): Permission {
  return {
    sid: 'Wake',
    actions: ['sqs:SendMessage'],
    resources: [queues.work.queueArn],
    why: 'Tells whoever drives that there is something to do.',
  };
}

export function sendToHostQueue({ queues }: Surroundings): Permission {
  return {
    sid: 'HandOver',
    actions: ['sqs:SendMessage'],
    resources: [queues.host.queueArn],
    why: 'Hands what needs EC2 over to drive-host.',
  };
}

export function receiveMessages({ queues }: Surroundings, queue: 'work' | 'host'): Permission {
  return {
    sid: 'TakeMessages',
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
    sid: 'KeepFailures',
    actions: ['sqs:SendMessage'],
    resources: [queueArn],
    why: 'Lambda keeps what the function could not do, after its last try.',
  };
}
