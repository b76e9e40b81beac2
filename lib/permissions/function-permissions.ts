import type { FunctionName } from '#contract/deployed-functions.ts';
import type { Permission } from './allow.ts';
import { describeInstances, launchHosts, startAndStopHosts, terminateInstances } from './instances.ts';
import type { PermissionContext } from './permission-context.ts';
import { receiveMessages, sendToDeleteQueue, sendToHostQueue, sendToWorkQueue } from './queues.ts';
import {
  changeRecord,
  changeShares,
  checkClaim,
  createTickets,
  findRecords,
  listAudit,
  listRecords,
  postponeRecord,
  putItem,
  readActivity,
  readItem,
  readShares,
  readUserQuota,
  recordAudit,
  removeDrains,
  writeActivity,
  writeQuotaLimits,
} from './records.ts';
import {
  deregisterContainerInstances,
  deregisterTaskDefinitions,
  describeTasks,
  drainContainerInstances,
  listContainerInstances,
  listTasks,
  readContainerInstances,
  readWorkbenchLogs,
  registerTaskDefinitions,
  runTasks,
  stopTasks,
} from './tasks.ts';
import { createVolumes, deleteVolumes } from './volumes.ts';

/** The permissions of each function, for the calls that its adapters make. Each function may also write its own log. */
export const PERMISSIONS: Readonly<
  Record<FunctionName, (context: PermissionContext) => readonly Permission[]>
> = {
  'get-me': (context) => [recordAudit(context)],
  'list-workbenches': (context) => [
    listRecords(context, 'Lists the workbenches of a user.'),
    readActivity(context, 'Reads when the workbenches of the page were last used.'),
    readItem(context, 'Reads shared workbenches.'),
    ...readShares(context),
    recordAudit(context),
  ],
  'create-workbench': (context) => [
    changeRecord(
      context,
      'Stores the idempotency key and the record, and counts the start of the user if they are limited. Deletes key and record if another request with the key was first.',
    ),
    checkClaim(context),
    ...holdQuota(context),
    recordAudit(context),
    sendToWorkQueue(context),
  ],
  'get-workbench': (context) => [
    readItem(context, 'Reads a workbench. A poll of a workbench in transition by its owner is one GetItem.'),
    readActivity(context, 'Reads when a running or stopped workbench was last used.'),
    ...readShares(context),
    recordAudit(context),
  ],
  'update-workbench': changeByRequest,
  'delete-workbench': changeByRequest,
  'start-workbench': startAndEnqueue,
  'stop-workbench': changeByRequest,
  'restart-workbench': startAndEnqueue,
  'extend-workbench': changeByRequest,
  'report-activity': (context) => [
    readItem(context, 'Reads the workbench, and a report that was stored at the same time.'),
    ...readShares(context),
    writeActivity(context, 'Stores what a program reports of the use of a workbench.'),
    recordAudit(context),
  ],
  'open-workbench': (context) => [
    readItem(context, 'Reads the workbench, and when the user signed out.'),
    ...readShares(context),
    createTickets(context, 'Stores the hash of the ticket in the URL.'),
    recordAudit(context),
  ],
  'change-owner': (context) => [...moveAndEnqueue(context), ...readShares(context)],
  'withdraw-offer': (context) => [
    ...changeAndEnqueue(context),
    recordAudit(context),
    findRecords(context, 'byWorkbench', 'Finds the workbench that is offered to the caller.'),
  ],
  'accept-owner': (context) => [
    ...moveAndEnqueue(context),
    findRecords(context, 'byWorkbench', 'Finds the workbench that is offered to the caller.'),
  ],
  'list-history': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Lists the history of a workbench.'),
    recordAudit(context),
  ],
  'list-logs': (context) => [
    readItem(context, 'Reads the workbench, which names its task.'),
    ...readShares(context),
    readWorkbenchLogs(context),
    recordAudit(context),
  ],
  'list-shares': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Lists the shares of a workbench.'),
    recordAudit(context),
  ],
  'set-share': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Counts the shares of a workbench.'),
    changeShares(context, 'dynamodb:PutItem', 'Stores a share, and that the grantee has it.'),
    recordAudit(context),
  ],
  'delete-share': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    changeShares(context, 'dynamodb:DeleteItem', 'Deletes a share, and that the grantee has it.'),
    recordAudit(context),
  ],
  'list-share-links': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Lists the links of a workbench.'),
    recordAudit(context),
  ],
  'create-share-link': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Counts the links of a workbench.'),
    changeShares(context, 'dynamodb:PutItem', 'Stores the hash of the secret of a link, and what it gives.'),
    recordAudit(context),
  ],
  'delete-share-link': (context) => [
    readItem(context, 'Reads the workbench.'),
    ...readShares(context),
    listRecords(context, 'Finds the shares that a link gave.'),
    changeShares(context, 'dynamodb:DeleteItem', 'Deletes a link, and the shares that it gave.'),
    recordAudit(context),
  ],
  'preview-share-link': (context) => [
    readItem(context, 'Reads the link and the workbench.'),
    ...readShares(context),
    recordAudit(context),
  ],
  'redeem-share-link': (context) => [
    readItem(context, 'Reads the link and the workbench.'),
    ...readShares(context),
    listRecords(context, 'Counts the shares of a workbench.'),
    changeShares(
      context,
      'dynamodb:PutItem',
      'Stores a share, that the grantee has it, and the uses that a link has left.',
    ),
    recordAudit(context),
  ],
  'list-reports': (context) => [
    listRecords(context, 'Lists the reports of the reconciler.'),
    recordAudit(context),
  ],
  'list-machines': (context) => [
    ...readContainerInstances(context),
    findRecords(context, 'active', 'Finds the records with a task or a host.'),
    readItem(context, 'Reads the active records, to name the workbenches on each instance.'),
    listRecords(context, 'Reads which machines an operator empties.'),
    recordAudit(context),
  ],
  'drain-machine': (context) => [
    ...drainMachines(context),
    listRecords(context, 'Reads since when an operator empties the machine.'),
  ],
  'cancel-drain': drainMachines,
  'list-providers': (context) => [
    listRecords(context, 'Reads the free capacity of instances.'),
    recordAudit(context),
  ],
  'get-own-quota': (context) => [
    readUserQuota(context),
    readItem(context, 'Checks whether a workbench of the quota still exists.'),
    listRecords(context, 'Counts what the workbenches of a user hold who has no ledger yet.'),
    recordAudit(context),
  ],
  'get-quota': (context) => [readItem(context, 'Reads the limits of a scope.'), recordAudit(context)],
  'set-quota': (context) => [writeQuotaLimits(context), recordAudit(context)],
  'list-audit': (context) => [listAudit(context), recordAudit(context)],
  'list-usage': (context) => [
    listRecords(context, 'Lists the workbenches of a user, and what deleted and earlier ones have cost.'),
    recordAudit(context),
  ],
  'list-start-times': (context) => [
    listRecords(context, 'Reads how long starts took.'),
    recordAudit(context),
  ],
  'get-health': (context) => [
    readItem(context, 'Reads an item that never exists, to check that the table is available.'),
  ],
  authorizer: ({ secret, secretKey }) =>
    secret === undefined
      ? []
      : [
          {
            sid: 'ReadKeys',
            actions: ['secretsmanager:GetSecretValue'],
            resources: [secret],
            why: 'Reads the keys that verify tokens.',
          },
          ...(secretKey === undefined ? [] : [decryptSecret(secret, secretKey)]),
        ],
  'task-state-change': changeAndEnqueue,
  'instance-state-change': (context) => [
    ...changeAndEnqueue(context),
    findRecords(context, 'byInstance', 'Finds the workbench of a host.'),
  ],
  'container-instance-change': (context) => [
    ...changeAndEnqueue(context),
    findRecords(context, 'byInstance', 'Finds the workbench of a host.'),
  ],
  'instance-interrupted': (context) => [
    ...changeAndEnqueue(context),
    ...describeTasks(context),
    listTasks(context),
    listContainerInstances(context),
  ],
  drive: (context) => [
    ...drivePermissions(context),
    sendToWorkQueue(context),
    sendToHostQueue(context),
    sendToDeleteQueue(context),
    receiveMessages(context, 'work'),
    ...describeTasks(context),
    listTasks(context),
  ],
  'drive-host': (context) => [
    ...drivePermissions(context),
    sendToHostQueue(context),
    sendToDeleteQueue(context),
    receiveMessages(context, 'host'),
    ...describeTasks(context),
    listTasks(context),
    listContainerInstances(context),
    deregisterContainerInstances(context),
    describeInstances(),
    ...launchHosts(context),
    startAndStopHosts(context),
    terminateInstances(context),
  ],
  'drive-delete': (context) => [
    changeRecord(context),
    listRecords(
      context,
      'Reads the history of deleted workbenches, to let it expire, and their shares, to delete them.',
    ),
    sendToWorkQueue(context),
    sendToHostQueue(context),
    sendToDeleteQueue(context),
    receiveMessages(context, 'delete'),
    ...deleteVolumes(context),
  ],
  'sweep-due': (context) => [
    findRecords(context, 'due', 'Finds the due records.'),
    postponeRecord(
      context,
      'Postpones records whose key SQS rejects permanently, so that they do not delay others.',
    ),
    sendToWorkQueue(context),
  ],
  'sweep-active': (context) => [
    ...changeAndEnqueue(context),
    findRecords(context, 'active', 'Finds the records with a task or a host.'),
    listRecords(
      context,
      'Reads its last report, to continue after a sweep that stopped early, and which machines an operator empties.',
    ),
    ...describeTasks(context),
    listContainerInstances(context),
    deregisterContainerInstances(context),
    describeInstances(),
  ],
  'sweep-tasks-and-hosts': (context) => [
    ...changeAndEnqueue(context),
    listRecords(context, 'Reads its last reports, to continue after a sweep that stopped early.'),
    ...describeTasks(context),
    listTasks(context),
    stopTasks(context),
    listContainerInstances(context),
    deregisterContainerInstances(context),
    describeInstances(),
    terminateInstances(context),
  ],
  'sweep-volumes': (context) => [
    ...sweepPermissions(context),
    listRecords(context, 'Reads the history, to check that a user requested the deletion.'),
    ...deleteVolumes(context),
  ],
  'sweep-quotas': (context) => [
    readItem(context, 'Reads the ledger of a user, and whether a workbench of it still exists.'),
    listRecords(context, 'Lists the ledgers, and the workbenches of their users. Reads its last report.'),
    putItem(context, 'Corrects a ledger, and writes its report.'),
  ],
  'sweep-cluster': (context) => [
    ...sweepPermissions(context),
    listRecords(
      context,
      'Reads its last report, to continue the registrations of task definitions there, and which machines an operator empties.',
    ),
    findRecords(context, 'byInstance', 'Checks whether a drained machine is still a host.'),
    removeDrains(context, 'Removes the drains of machines that no longer exist.'),
    drainContainerInstances(context),
    ...registerTaskDefinitions(context),
    deregisterTaskDefinitions(),
    ...readContainerInstances(context),
    deregisterContainerInstances(context),
    describeInstances(),
  ],
  // lib/permissions/mounts.ts has its permissions on files.
  janitor: () => [],
};

function decryptSecret(secret: string, key: string): Permission {
  return {
    sid: 'DecryptKeys',
    actions: ['kms:Decrypt'],
    resources: [key],
    conditions: { StringEquals: { 'kms:EncryptionContext:SecretARN': secret } },
    why: 'Secrets Manager decrypts the secret with the permissions of its reader.',
  };
}

function changeAndEnqueue(context: PermissionContext): readonly Permission[] {
  return [changeRecord(context), sendToWorkQueue(context)];
}

function changeByRequest(context: PermissionContext): readonly Permission[] {
  return [...changeAndEnqueue(context), ...readShares(context), recordAudit(context)];
}

function startAndEnqueue(context: PermissionContext): readonly Permission[] {
  const why =
    'Counts the start of the user if they are limited. Reads a record and writes it if its revision is unchanged. Writes its history and deletes the oldest entries.';
  return [
    changeRecord(context, why),
    ...holdQuota(context),
    sendToWorkQueue(context),
    ...readShares(context),
    recordAudit(context),
  ];
}

/** Compares what a workbench will hold with the quota of its user. */
function holdQuota(context: PermissionContext): readonly Permission[] {
  return [
    readUserQuota(context),
    listRecords(context, 'Counts the workbenches of a user whose limit is reached or new.'),
  ];
}

function drainMachines(context: PermissionContext): readonly Permission[] {
  return [
    ...changeAndEnqueue(context),
    findRecords(context, 'byInstance', 'Finds the workbench of a host.'),
    ...describeTasks(context),
    listTasks(context),
    listContainerInstances(context),
    drainContainerInstances(context),
  ];
}

function moveAndEnqueue(context: PermissionContext): readonly Permission[] {
  return [
    changeRecord(
      context,
      'Moves the record to its next owner in one transaction, and stores for a day where it is. Counts the move as a start of this user if they are limited. Deletes the shares of both owners. Writes the history and deletes the oldest entries.',
    ),
    ...holdQuota(context),
    recordAudit(context),
    sendToWorkQueue(context),
  ];
}

/** The permissions that drive and drive-host share. */
function drivePermissions(context: PermissionContext): readonly Permission[] {
  return [
    changeRecord(context),
    readActivity(context, 'Reads whether a running workbench is used, before it is stopped for idleness.'),
    listRecords(
      context,
      'Reads the history of deleted workbenches, to let it expire, their shares, to delete them, and the free capacity of instances.',
    ),
    ...createVolumes(context),
    ...registerTaskDefinitions(context),
    ...runTasks(context),
    stopTasks(context),
    drainContainerInstances(context),
  ];
}

/** Compares resources with the records, and writes a report. */
function sweepPermissions(context: PermissionContext): readonly Permission[] {
  return [
    findRecords(context, 'byWorkbench', 'Finds the record of a workbench.'),
    readItem(context, 'Checks whether the record still exists.'),
    putItem(context, 'Writes its report.'),
  ];
}
