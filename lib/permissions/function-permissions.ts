import type { FunctionName } from '#contract/deployed-functions.ts';
import type { Permission } from './allow.ts';
import { API_PERMISSIONS, changeAndEnqueue } from './api-permissions.ts';
import { describeInstances, launchHosts, startAndStopHosts, terminateInstances } from './instances.ts';
import type { PermissionContext } from './permission-context.ts';
import { receiveMessages, sendToDeleteQueue, sendToHostQueue, sendToWorkQueue } from './queues.ts';
import {
  changeRecord,
  findRecords,
  listRecords,
  postponeRecord,
  putItem,
  readActivity,
  readItem,
  readUserQuota,
  removeDrains,
} from './records.ts';
import {
  deregisterContainerInstances,
  deregisterTaskDefinitions,
  describeTasks,
  drainContainerInstances,
  listContainerInstances,
  listTasks,
  readContainerInstances,
  registerTaskDefinitions,
  runTasks,
  stopTasks,
} from './tasks.ts';
import { createVolumes, deleteVolumes } from './volumes.ts';

/** The permissions of each function, for the calls that its adapters make. Each function may also write its own log. */
export const PERMISSIONS: Readonly<
  Record<FunctionName, (context: PermissionContext) => readonly Permission[]>
> = {
  ...API_PERMISSIONS,
  authorizer: ({ secret, secretKey, runKeys }) => {
    const secrets = [secret, runKeys].filter((arn) => arn !== undefined);
    return [
      ...(secrets.length === 0 ? [] : [readSecrets(secrets, 'Reads the keys that verify tokens.')]),
      ...(secret === undefined || secretKey === undefined ? [] : [decryptSecret(secret, secretKey)]),
    ];
  },
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
    findRecords(context, 'byWorkbench', 'Finds the record of a workbench.'),
    changeRecord(
      context,
      'Checks whether a record still exists. Writes the size of the files into it if its revision is unchanged, and what its ended meter has counted. Writes its report.',
    ),
    listRecords(context, 'Reads the history, to check that a user requested the deletion.'),
    ...deleteVolumes(context),
    sendToWorkQueue(context),
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
  // lib/permissions/audit-export.ts has its permissions.
  'export-audit': () => [],
  // lib/permissions/publish-events.ts has its permissions.
  'publish-events': () => [],
  // lib/permissions/mounts.ts has its permissions on files.
  janitor: () => [],
};

function readSecrets(resources: readonly string[], why: string): Permission {
  return { sid: 'ReadKeys', actions: ['secretsmanager:GetSecretValue'], resources: [...resources], why };
}

function decryptSecret(secret: string, key: string): Permission {
  return {
    sid: 'DecryptKeys',
    actions: ['kms:Decrypt'],
    resources: [key],
    conditions: { StringEquals: { 'kms:EncryptionContext:SecretARN': secret } },
    why: 'Secrets Manager decrypts the secret with the permissions of its reader.',
  };
}

/** The permissions that drive and drive-host share. */
function drivePermissions(context: PermissionContext): readonly Permission[] {
  return [
    changeRecord(context),
    readActivity(context, 'Reads whether a running workbench is used, before it is stopped for idleness.'),
    readUserQuota(context),
    listRecords(
      context,
      'Reads the history of deleted workbenches, to let it expire, their shares, to delete them, and the free capacity of instances. Counts the workbenches of a user whose limit a scheduled start may reach.',
    ),
    ...createVolumes(context),
    ...registerTaskDefinitions(context),
    ...runTasks(context),
    stopTasks(context),
    drainContainerInstances(context),
    ...(context.runKeys === undefined
      ? []
      : [readSecrets([context.runKeys], 'Reads the key that signs the token of a run.')]),
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
