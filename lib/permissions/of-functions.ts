import type { FunctionName } from '#functions/deployed.ts';
import type { Permission } from './allow.ts';
import { describeMachines, launchMachines, startAndStopMachines, terminateMachines } from './machines.ts';
import { handOver, takeMessages, wake } from './queues.ts';
import { changeRecord, findRecords, listRecords, note, postpone, readRecord } from './records.ts';
import type { Surroundings } from './surroundings.ts';
import {
  defineTasks,
  deregisterMachines,
  drainMachines,
  listMachines,
  listTasks,
  lookAtMachines,
  lookAtTasks,
  pruneDefinitions,
  runTasks,
  stopTasks,
} from './tasks.ts';
import { manageVolumes } from './volumes.ts';

/** What each function may do, from the calls that its adapters make. Beside this it may write its own log. */
export const PERMISSIONS: Readonly<Record<FunctionName, (our: Surroundings) => readonly Permission[]>> = {
  'list-workbenches': (our) => [listRecords(our, 'Lists the workbenches of a user.')],
  'create-workbench': (our) => [
    changeRecord(
      our,
      'Claims the idempotency key, writes the record; takes both back when another request came first.',
    ),
    wake(our),
  ],
  'get-workbench': (our) => [readRecord(our, 'A poll: one GetItem and nothing else.')],
  'update-workbench': changesAndWakes,
  'destroy-workbench': changesAndWakes,
  'start-workbench': changesAndWakes,
  'stop-workbench': changesAndWakes,
  'restart-workbench': changesAndWakes,
  'list-events': (our) => [
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
  'task-state-change': changesAndWakes,
  'instance-state-change': (our) => [
    ...changesAndWakes(our),
    findRecords(our, 'byInstance', 'Which workbench has the machine to itself.'),
  ],
  'container-instance-change': (our) => [
    ...changesAndWakes(our),
    findRecords(our, 'byInstance', 'Which workbench has the machine to itself.'),
  ],
  drive: (our) => [
    ...drives(our),
    wake(our),
    handOver(our),
    takeMessages(our, 'work'),
    ...lookAtTasks(our),
    listTasks(our),
  ],
  'drive-host': (our) => [
    ...drives(our),
    handOver(our),
    takeMessages(our, 'host'),
    ...lookAtTasks(our),
    listTasks(our),
    listMachines(our),
    deregisterMachines(our),
    describeMachines(),
    ...launchMachines(our),
    startAndStopMachines(our),
    terminateMachines(our),
  ],
  'reconcile-due': (our) => [
    findRecords(our, 'due', 'What is due.'),
    postpone(our, 'Sets aside what the queue can never take, so that it stands in nobody’s way.'),
    wake(our),
  ],
  'reconcile-active': (our) => [
    ...changesAndWakes(our),
    findRecords(our, 'active', 'What has a task or a machine.'),
    listRecords(our, 'Its last report: where to go on after a pass that gave way.'),
    ...lookAtTasks(our),
    listMachines(our),
    deregisterMachines(our),
    describeMachines(),
  ],
  'sweep-cloud': (our) => [
    ...changesAndWakes(our),
    listRecords(our, 'Its last reports: where to go on after a pass that gave way.'),
    ...lookAtTasks(our),
    listTasks(our),
    stopTasks(our),
    listMachines(our),
    deregisterMachines(our),
    describeMachines(),
    terminateMachines(our),
  ],
  'sweep-volumes': (our) => [
    ...audits(our),
    listRecords(our, 'Whether a destroyed workbench’s owner asked for it.'),
    ...manageVolumes(our),
  ],
  'sweep-cluster': (our) => [
    ...audits(our),
    pruneDefinitions(),
    ...lookAtMachines(our),
    deregisterMachines(our),
    describeMachines(),
  ],
  // What it may do with files stands with the file systems.
  janitor: () => [],
};

function changesAndWakes(our: Surroundings): readonly Permission[] {
  return [changeRecord(our), wake(our)];
}

/** What drive and drive-host have in common. */
function drives(our: Surroundings): readonly Permission[] {
  return [
    changeRecord(our),
    listRecords(
      our,
      'The history of what is destroyed, to let it expire; the room on machines that are paid for.',
    ),
    ...manageVolumes(our),
    ...defineTasks(our),
    ...runTasks(our),
    stopTasks(our),
    drainMachines(our),
  ];
}

/** Holds what is there against the records, and reports. */
function audits(our: Surroundings): readonly Permission[] {
  return [
    findRecords(our, 'byWorkbench', 'Whose workbench it is.'),
    readRecord(our, 'Whether there still is one.'),
    note(our, 'Keeps its report.'),
  ];
}
