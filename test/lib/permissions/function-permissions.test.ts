import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import { PERMISSIONS } from '#lib/permissions/function-permissions.ts';
import { anySchedule } from '#test/simulation/schedule/commands.ts';
import { runSchedule } from '#test/simulation/schedule/run-schedule.ts';
import { anyPermissionContext } from './any-permission-context.ts';

/** The functions run in the simulated world, under every fault it has; what they call is held against their rights. */
const SCHEDULES = 40;

/** What DynamoDB is asked for by a method of a store; an index is named. */
const OF_STORES: Readonly<Record<string, readonly string[]>> = {
  'workbenches.create': ['PutItem', 'GetItem'],
  'workbenches.read': ['GetItem'],
  'workbenches.update': ['UpdateItem', 'GetItem'],
  'workbenches.postpone': ['UpdateItem'],
  'workbenches.delete': ['DeleteItem'],
  'workbenches.listByUser': ['Query'],
  'workbenches.listDue': ['Query due'],
  'workbenches.listActive': ['Query active'],
  'workbenches.findByWorkbenchId': ['Query by-workbench'],
  'workbenches.findByInstanceId': ['Query by-instance'],
  'history.append': ['PutItem', 'DeleteItem'],
  'history.list': ['Query'],
  'history.expire': ['Query', 'UpdateItem'],
  'idempotency.claim': ['PutItem', 'GetItem'],
  'idempotency.complete': ['UpdateItem', 'GetItem'],
  'reports.add': ['PutItem'],
  'reports.list': ['Query'],
  'freeCapacity.save': ['PutItem'],
  'freeCapacity.remove': ['PutItem'],
  'freeCapacity.list': ['Query'],
};

/** What goes with a call without being one. */
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

/** Functions that the schedules do not run. */
const NOT_SIMULATED: readonly FunctionName[] = [
  'authorizer',
  'get-health',
  'janitor',
  'list-history',
  'list-reports',
];

/** What goes with every change of a record, and is not needed by each: its history, a write whose answer was lost. */
const WITH_CHANGES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

/** What is granted for cases that so few schedules need not bring about. */
const RARE: Partial<Record<FunctionName, readonly string[]>> = {
  // A RunTask that was refused for good, after one whose answer was lost; a shared machine that is silent for long.
  drive: ['ecs:ListTasks', 'ecs:UpdateContainerInstancesState', 'ecs:DescribeContainerInstances'],
  'drive-host': ['ecs:DeregisterContainerInstance'],
  // What is not as its record says; a machine that was silent when it ended.
  'sweep-active': ['sqs:SendMessage', 'ecs:DeregisterContainerInstance'],
  // What no record wants.
  'sweep-tasks-and-hosts': [
    'sqs:SendMessage',
    'ecs:StopTask',
    'ec2:TerminateInstances',
    'ecs:DeregisterContainerInstance',
  ],
  'sweep-cluster': ['ecs:DeregisterContainerInstance'],
  'sweep-volumes': [
    'dynamodb:Query',
    'elasticfilesystem:CreateAccessPoint',
    'elasticfilesystem:DeleteAccessPoint',
  ],
};

/** drive-host goes on where drive has left off, and whatever drive did may fall to it. */
const LIKE: Partial<Record<FunctionName, FunctionName>> = { 'drive-host': 'drive' };

/** `Query by-instance`, of what the function may do: `dynamodb:Query by-instance`. */
function granted(name: FunctionName): ReadonlySet<string> {
  const rights = PERMISSIONS[name](anyPermissionContext()).filter(({ denies }) => !denies);
  return new Set(
    rights.flatMap(({ actions, resources }) =>
      resources.flatMap((resource) => {
        const index = /\/index\/(.*)$/.exec(resource)?.[1];
        return actions.map((action) => (index === undefined ? action : `${action} ${index}`));
      }),
    ),
  );
}

function actionOf(call: string): readonly string[] {
  const ofStore = OF_STORES[call];
  if (ofStore !== undefined) return ofStore.map((action) => `dynamodb:${action}`);
  if (call.startsWith('janitor.')) return ['lambda:InvokeFunction'];
  const service = SERVICES.find(([, pattern]) => pattern.test(call))?.[0];
  if (service === undefined) throw new Error(`which service takes ${call}?`);
  return [`${service}:${call}`];
}

const SERVICES: readonly (readonly [string, RegExp])[] = [
  ['sqs', /^SendMessage$/],
  ['elasticfilesystem', /AccessPoint/],
  ['ecs', /Task|ContainerInstance/],
  ['ec2', /Instances$/],
];

describe('the rights of each function', () => {
  const used = new Map<string, Set<string>>();

  beforeAll(async () => {
    const schedules = fc.sample(anySchedule, { seed: 4, numRuns: SCHEDULES });
    for (const schedule of schedules) {
      await runSchedule(schedule, {
        onCall: (invocation, call) => {
          const [name = ''] = invocation.split('#');
          const actions = used.get(name) ?? new Set();
          used.set(name, actions);
          for (const action of actionOf(call)) actions.add(action);
        },
      });
    }
  }, 120_000);

  for (const name of Object.keys(DEPLOYED) as FunctionName[]) {
    if (NOT_SIMULATED.includes(name)) continue;

    it(`allow ${name} all that it calls`, () => {
      const calls = used.get(name);
      expect(calls?.size, 'what it calls').toBeGreaterThan(0);
      const rights = granted(name);
      expect([...(calls ?? [])].filter((action) => !rights.has(action))).toEqual([]);
    });

    it(`allow ${name} nothing that it never calls`, () => {
      const alike = [name, LIKE[name] ?? name];
      const calls = alike.flatMap((one) => [...(used.get(one) ?? []), ...(RARE[one] ?? [])]);
      const expected = [...calls, ...IMPLIED, ...WITH_CHANGES];
      const idle = [...granted(name)].filter((action) => !expected.includes(action));
      expect(idle).toEqual([]);
    });
  }

  it('allow the poll one GetItem and nothing else', () => {
    expect(PERMISSIONS['get-workbench'](anyPermissionContext())).toMatchObject([
      { actions: ['dynamodb:GetItem'], resources: ['table'] },
    ]);
  });

  it('allow nothing of a service whose client the function does not carry', () => {
    const services: Readonly<Record<string, string>> = {
      elasticfilesystem: 'efs',
      secretsmanager: 'secrets-manager',
    };
    for (const [name, { clients }] of Object.entries(DEPLOYED)) {
      const carried: readonly string[] = clients;
      const foreign = PERMISSIONS[name as FunctionName](anyPermissionContext())
        .flatMap(({ actions }) => actions)
        .map((action) => action.split(':')[0] ?? '')
        // Passing a role is not a call; Lambda itself takes the messages of a queue.
        .filter((service) => service !== 'iam' && !carried.includes(services[service] ?? service));
      expect([name, foreign]).toEqual([name, []]);
    }
  });
});
