import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import { ROUTE_ACTIONS } from '#contract/route.ts';
import { PERMISSIONS } from '#lib/permissions/function-permissions.ts';
import { anySchedule } from '#test/simulation/schedule/commands.ts';
import { runSchedule } from '#test/simulation/schedule/run-schedule.ts';
import { anyPermissionContext } from './any-permission-context.ts';

/**
 * Number of random schedules. The functions run in the simulated world with failures, and their calls are compared with
 * their permissions.
 */
const SCHEDULES = 40;

/** The DynamoDB actions of each store method, with the name of the index. */
const STORE_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  // HTTPS to the gate, with a token of the controller.
  'gate.probe': [],
  'workbenches.create': ['PutItem', 'ConditionCheckItem', 'GetItem'],
  'workbenches.read': ['GetItem'],
  'workbenches.update': ['UpdateItem', 'GetItem'],
  'workbenches.move': ['PutItem', 'DeleteItem'],
  'workbenches.findMoved': ['GetItem'],
  'workbenches.postpone': ['UpdateItem'],
  'workbenches.delete': ['DeleteItem'],
  'workbenches.listByUser': ['Query'],
  'workbenches.listDue': ['Query due'],
  'workbenches.listDueAfter': ['Query due'],
  'workbenches.listActive': ['Query active'],
  'workbenches.findByWorkbenchId': ['Query by-workbench'],
  'workbenches.findByInstanceId': ['Query by-instance'],
  'history.append': ['PutItem', 'DeleteItem'],
  'history.list': ['Query'],
  'history.expire': ['Query', 'UpdateItem'],
  'idempotency.claim': ['PutItem', 'GetItem'],
  'idempotency.complete': ['UpdateItem', 'GetItem'],
  'activity.read': ['BatchGetItem'],
  'activity.readEvidence': ['BatchGetItem'],
  'activity.report': ['UpdateItem'],
  'activity.delete': ['DeleteItem'],
  'audit.append': ['PutItem'],
  'shares.read': ['BatchGetItem'],
  'shares.put': ['PutItem'],
  'shares.delete': ['DeleteItem'],
  'shares.listByWorkbench': ['Query'],
  'shares.listByGrantee': ['Query'],
  'shares.deleteByLink': ['DeleteItem'],
  'shares.deleteAll': ['Query', 'DeleteItem'],
  'links.create': ['PutItem'],
  'links.read': ['GetItem'],
  'links.delete': ['DeleteItem'],
  'links.redeem': ['PutItem'],
  'links.listByWorkbench': ['Query'],
  'quotas.read': ['BatchGetItem'],
  'quotas.readLedger': ['GetItem'],
  'quotas.writeLedger': ['PutItem'],
  'quotas.listLedgers': ['Query'],
  'quotas.saveUser': ['PutItem'],
  'usage.list': ['Query'],
  'usage.save': ['PutItem'],
  'startRates.count': ['UpdateItem'],
  'startTimes.add': ['UpdateItem'],
  'reports.add': ['PutItem'],
  'reports.list': ['Query'],
  'freeCapacity.save': ['PutItem'],
  'freeCapacity.remove': ['PutItem'],
  'freeCapacity.list': ['Query'],
  'drains.put': ['PutItem'],
  'drains.remove': ['DeleteItem'],
  'drains.list': ['Query'],
};

const LIMITS = {
  WB_USER_WORKBENCHES_MAX: '1000',
  WB_USER_RUNNING_MAX: '1000',
  WB_USER_STARTS_PER_MINUTE: '1000',
};

/** Actions that belong to other calls. */
const IMPLIED = [
  'ecs:TagResource',
  'ec2:CreateTags',
  'elasticfilesystem:TagResource',
  'iam:PassRole',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueAttributes',
  'secretsmanager:GetSecretValue',
];

/** Functions that the schedules do not run, or not in every way. */
const NOT_SIMULATED: readonly FunctionName[] = [
  'authorizer',
  'get-health',
  'export-audit',
  'publish-events',
  'extend-workbench',
  'get-me',
  'get-own-quota',
  'get-quota',
  'set-quota',
  'janitor',
  'list-audit',
  'list-history',
  'list-logs',
  'list-shares',
  'set-share',
  'delete-share',
  'list-share-links',
  'create-share-link',
  'delete-share-link',
  'preview-share-link',
  'redeem-share-link',
  'list-machines',
  'list-providers',
  'list-reports',
  'list-usage',
  'report-activity',
  'list-start-times',
  'list-templates',
  'start-sweep',
  'restore-workbench',
  'open-workbench',
];

/**
 * Actions of a record change that a single change may not need: history, and reads after a write whose response was
 * lost.
 */
const WITH_CHANGES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

/** The records of a user are counted again before a refusal; the rest as of every route of a workbench. */
const RECOUNT = [
  'dynamodb:BatchGetItem',
  'dynamodb:Query by-workbench',
  'dynamodb:PutItem',
  'dynamodb:Query',
];

/** Permissions for cases that these few schedules may not reach. */
const RARE: Partial<Record<FunctionName, readonly string[]>> = {
  // A request for a workbench of another user, or for one that is deleted, and its audit event.
  ...Object.fromEntries(
    Object.keys(ROUTE_ACTIONS).map((operation) => [
      functionOf(operation),
      ['dynamodb:BatchGetItem', 'dynamodb:Query by-workbench', 'dynamodb:PutItem'],
    ]),
  ),
  // The user to whom a workbench is offered declines; a workbench with a stopped host is accepted.
  'withdraw-offer': ['dynamodb:Query by-workbench'],
  'accept-owner': ['dynamodb:Query by-workbench', 'sqs:SendMessage', 'dynamodb:Query'],
  'start-workbench': RECOUNT,
  'restart-workbench': RECOUNT,
  'change-owner': RECOUNT,
  // An entry without a record.
  'sweep-quotas': ['dynamodb:GetItem'],
  // Also the shared workbenches.
  'list-workbenches': [
    'dynamodb:PutItem',
    'dynamodb:GetItem',
    'dynamodb:BatchGetItem',
    'dynamodb:Query by-workbench',
  ],
  // A permanently refused RunTask after one whose response was lost; a shared instance with a disconnected agent; whether a
  // workbench is used, since no schedule lasts until it is idle.
  drive: [
    'ecs:ListTasks',
    'ecs:UpdateContainerInstancesState',
    'ecs:DescribeContainerInstances',
    'dynamodb:BatchGetItem',
  ],
  'drive-host': ['ecs:DeregisterContainerInstance'],
  // A file system with the maximum number of access points: an access point is found only by listing them. A deletion
  // that is not finished in one message.
  'drive-delete': ['elasticfilesystem:DescribeAccessPoints', 'sqs:SendMessage'],
  // A record that does not match AWS; an instance whose agent was disconnected when it was terminated.
  'sweep-active': ['sqs:SendMessage', 'ecs:DeregisterContainerInstance'],
  // Orphans.
  'sweep-tasks-and-hosts': [
    'sqs:SendMessage',
    'ecs:StopTask',
    'ec2:TerminateInstances',
    'ecs:DeregisterContainerInstance',
  ],
  // A drain whose call to ECS was lost.
  'sweep-cluster': ['ecs:DeregisterContainerInstance', 'ecs:UpdateContainerInstancesState'],
  // A workbench that runs on the machine whose drain is taken back.
  'cancel-drain': ['ecs:DescribeTasks'],
  'sweep-volumes': [
    'dynamodb:Query',
    'elasticfilesystem:CreateAccessPoint',
    'elasticfilesystem:DeleteAccessPoint',
    // A workbench that has stopped before the retention was set.
    'sqs:SendMessage',
  ],
};

function functionOf(operation: string): string {
  return operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** drive-host continues where drive stopped, so that it may need every permission of drive. */
const SHARED_WITH: Partial<Record<FunctionName, FunctionName>> = { 'drive-host': 'drive' };

/** Returns the granted actions. A query of an index is `dynamodb:Query by-instance`. */
function grantedActions(name: FunctionName): ReadonlySet<string> {
  const permissions = PERMISSIONS[name](anyPermissionContext()).filter(({ denies }) => !denies);
  return new Set(
    permissions.flatMap(({ actions, resources }) =>
      resources.flatMap((resource) => {
        const index = /\/index\/(.*)$/.exec(resource)?.[1];
        return actions.map((action) => (index === undefined ? action : `${action} ${index}`));
      }),
    ),
  );
}

/** Returns the actions of a call. Undefined if neither STORE_ACTIONS nor SERVICES has it. */
function actionOf(call: string): readonly string[] | undefined {
  const storeActions = STORE_ACTIONS[call];
  if (storeActions !== undefined) return storeActions.map((action) => `dynamodb:${action}`);
  if (call.startsWith('janitor.')) return ['lambda:InvokeFunction'];
  const service = SERVICES.find(([, pattern]) => pattern.test(call))?.[0];
  return service === undefined ? undefined : [`${service}:${call}`];
}

const SERVICES: readonly (readonly [string, RegExp])[] = [
  ['sqs', /^SendMessage$/],
  ['elasticfilesystem', /AccessPoint/],
  ['ecs', /Task|ContainerInstance/],
  ['ec2', /Instances$/],
];

describe('the permissions of each function', () => {
  const used = new Map<string, Set<string>>();
  const unknownCalls = new Set<string>();

  beforeAll(async () => {
    const schedules = fc.sample(anySchedule, { seed: 4, numRuns: SCHEDULES });
    for (const schedule of schedules) {
      await runSchedule(schedule, {
        // Otherwise few instances with tasks are interrupted, and few machines drained.
        hazards: { spotInterrupted: 0.5, machineDrained: 1 },
        // Limits that no simulated user reaches. Without them no start and no workbench is counted.
        environment: LIMITS,
        onCall: (invocation, call) => {
          const [name = ''] = invocation.split('#');
          const actions = used.get(name) ?? new Set();
          used.set(name, actions);
          const found = actionOf(call);
          if (found === undefined) unknownCalls.add(call);
          for (const action of found ?? []) actions.add(action);
        },
      });
    }
    // Not where the call is made: the functions would treat it as an error of AWS.
    expect([...unknownCalls], 'calls without a row in STORE_ACTIONS or SERVICES').toEqual([]);
  });

  for (const name of Object.keys(DEPLOYED) as FunctionName[]) {
    const isSimulated = !NOT_SIMULATED.includes(name);
    it(`allow all calls of ${name}`, () => {
      const calls = used.get(name);
      if (isSimulated) expect(calls?.size, 'number of calls').toBeGreaterThan(0);
      const permissions = grantedActions(name);
      expect([...(calls ?? [])].filter((action) => !permissions.has(action))).toEqual([]);
    });

    if (!isSimulated) continue;
    it(`allow ${name} no action that it never calls`, () => {
      const functions = [name, SHARED_WITH[name] ?? name];
      const calls = functions.flatMap((each) => [...(used.get(each) ?? []), ...(RARE[each] ?? [])]);
      const expected = [...calls, ...IMPLIED, ...WITH_CHANGES];
      const unused = [...grantedActions(name)].filter((action) => !expected.includes(action));
      expect(unused).toEqual([]);
    });
  }

  it('allow only the functions that delete volumes to delete access points', () => {
    const names = (Object.keys(DEPLOYED) as FunctionName[]).filter((name) =>
      grantedActions(name).has('elasticfilesystem:DeleteAccessPoint'),
    );
    expect(names).toEqual(['drive-delete', 'sweep-volumes']);
  });
});
