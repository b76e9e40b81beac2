import type { API_FUNCTIONS } from '#contract/api-functions.ts';
import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';
import { sendToWorkQueue } from './queues.ts';
import {
  changeRecord,
  changeShares,
  checkClaim,
  createTickets,
  findRecords,
  listAudit,
  listRecords,
  readActivity,
  readItem,
  readShares,
  readUserQuota,
  recordAudit,
  requestSweeps,
  writeActivity,
  writeQuotaLimits,
} from './records.ts';
import { invokeSweeps } from './sweeps.ts';
import {
  describeTasks,
  drainContainerInstances,
  listContainerInstances,
  listTasks,
  readContainerInstances,
  readWorkbenchLogs,
} from './tasks.ts';

/** The permissions of the functions of the routes: see `PERMISSIONS`. */
export const API_PERMISSIONS: Readonly<
  Record<keyof typeof API_FUNCTIONS, (context: PermissionContext) => readonly Permission[]>
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
  'restore-workbench': (context) => [...changeByRequest(context), ...holdQuota(context)],
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
    listRecords(context, 'Reads when an operator began to empty the machine.'),
  ],
  'cancel-drain': drainMachines,
  'start-sweep': (context) => [
    requestSweeps(context),
    invokeSweeps(context),
    listRecords(context, 'Reads whether the last sweep that was started has ended.'),
    recordAudit(context),
  ],
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
  'list-templates': (context) => [recordAudit(context)],
  'list-start-times': (context) => [
    listRecords(context, 'Reads how long starts took.'),
    recordAudit(context),
  ],
  'list-usage': (context) => [
    listRecords(context, 'Lists the workbenches of a user, and what deleted and earlier ones have cost.'),
    recordAudit(context),
  ],
  'get-health': (context) => [
    readItem(context, 'Reads an item that never exists, to check that the table is available.'),
  ],
};

export function changeAndEnqueue(context: PermissionContext): readonly Permission[] {
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
