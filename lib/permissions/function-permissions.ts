import type { FunctionName } from '#contract/deployed-functions.ts';
import type { Permission } from './allow.ts';
import { describeInstances, launchHosts, startAndStopHosts, terminateInstances } from './instances.ts';
import type { PermissionContext } from './permission-context.ts';
import { receiveMessages, sendToHostQueue, sendToWorkQueue } from './queues.ts';
import { changeRecord, findRecords, listRecords, postponeRecord, putItem, readRecord } from './records.ts';
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
import { manageVolumes } from './volumes.ts';

/** What each function may do, from the calls that its adapters make. Beside this it may write its own log. */
export const PERMISSIONS: Readonly<Record<FunctionName, (our: PermissionContext) => readonly Permission[]>> =
  {
    'list-workbenches': (our) => [listRecords(our, 'Lists the workbenches of a user.')],
    'create-workbench': (our) => [
      changeRecord(
        our,
        'Claims the idempotency key, writes the record; takes both back when another request came first.',
      ),
      sendToWorkQueue(our),
    ],
    'get-workbench': (our) => [readRecord(our, 'A poll: one GetItem and nothing else.')],
    'update-workbench': changeAndEnqueue,
    'delete-workbench': changeAndEnqueue,
    'start-workbench': changeAndEnqueue,
    'stop-workbench': changeAndEnqueue,
    'restart-workbench': changeAndEnqueue,
    'list-history': (our) => [
      readRecord(our, 'Whether the workbench is the caller’s.'),
      listRecords(our, 'Lists the history of a workbench.'),
    ],
    'list-reports': (our) => [listRecords(our, 'Lists the reports of the reconciler.')],
    'get-health': (our) => [
      readRecord(our, 'Asks for an item that is never there: whether the table answers.'),
    ],
    authorizer: ({ secret }) =>
      secret === undefined
        ? []
        : [
            {
              sid: 'ReadKeys',
              actions: ['secretsmanager:GetSecretValue'],
              resources: [secret],
              why: 'The keys that tokens are checked with.',
            },
          ],
    'task-state-change': changeAndEnqueue,
    'instance-state-change': (our) => [
      ...changeAndEnqueue(our),
      findRecords(our, 'byInstance', 'Which workbench has the machine to itself.'),
    ],
    'container-instance-change': (our) => [
      ...changeAndEnqueue(our),
      findRecords(our, 'byInstance', 'Which workbench has the machine to itself.'),
    ],
    drive: (our) => [
      ...drivePermissions(our),
      sendToWorkQueue(our),
      sendToHostQueue(our),
      receiveMessages(our, 'work'),
      ...describeTasks(our),
      listTasks(our),
    ],
    'drive-host': (our) => [
      ...drivePermissions(our),
      sendToHostQueue(our),
      receiveMessages(our, 'host'),
      ...describeTasks(our),
      listTasks(our),
      listContainerInstances(our),
      deregisterContainerInstances(our),
      describeInstances(),
      ...launchHosts(our),
      startAndStopHosts(our),
      terminateInstances(our),
    ],
    'sweep-due': (our) => [
      findRecords(our, 'due', 'What is due.'),
      postponeRecord(our, 'Sets aside what the queue can never take, so that it stands in nobody’s way.'),
      sendToWorkQueue(our),
    ],
    'sweep-active': (our) => [
      ...changeAndEnqueue(our),
      findRecords(our, 'active', 'What has a task or a machine.'),
      listRecords(our, 'Its last report: where to go on after a pass that gave way.'),
      ...describeTasks(our),
      listContainerInstances(our),
      deregisterContainerInstances(our),
      describeInstances(),
    ],
    'sweep-tasks-and-hosts': (our) => [
      ...changeAndEnqueue(our),
      listRecords(our, 'Its last reports: where to go on after a pass that gave way.'),
      ...describeTasks(our),
      listTasks(our),
      stopTasks(our),
      listContainerInstances(our),
      deregisterContainerInstances(our),
      describeInstances(),
      terminateInstances(our),
    ],
    'sweep-volumes': (our) => [
      ...sweepPermissions(our),
      listRecords(our, 'Whether a destroyed workbench’s owner asked for it.'),
      ...manageVolumes(our),
    ],
    'sweep-cluster': (our) => [
      ...sweepPermissions(our),
      deregisterTaskDefinitions(),
      ...readContainerInstances(our),
      deregisterContainerInstances(our),
      describeInstances(),
    ],
    // What it may do with files stands with the file systems.
    janitor: () => [],
  };

function changeAndEnqueue(our: PermissionContext): readonly Permission[] {
  return [changeRecord(our), sendToWorkQueue(our)];
}

/** What drive and drive-host have in common. */
function drivePermissions(our: PermissionContext): readonly Permission[] {
  return [
    changeRecord(our),
    listRecords(
      our,
      'The history of what is destroyed, to let it expire; the room on machines that are paid for.',
    ),
    ...manageVolumes(our),
    ...registerTaskDefinitions(our),
    ...runTasks(our),
    stopTasks(our),
    drainContainerInstances(our),
  ];
}

/** Holds what is there against the records, and reports. */
function sweepPermissions(our: PermissionContext): readonly Permission[] {
  return [
    findRecords(our, 'byWorkbench', 'Whose workbench it is.'),
    readRecord(our, 'Whether there still is one.'),
    putItem(our, 'Keeps its report.'),
  ];
}
