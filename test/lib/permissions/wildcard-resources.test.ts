import { beforeAll, describe, expect, it } from 'vitest';
import { listOf, resolveReference, valueToText } from '#lib/checks/template.ts';
import { largerStage } from '../some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from '../synthesize.ts';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

let app: SynthesizedApp;
let statements: readonly { readonly stack: string; readonly statement: Statement }[];
beforeAll(async () => {
  app = await synthesize(largerStage());
  statements = (['data', 'cluster', 'api'] as const).flatMap((part) =>
    ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => app.all(part, type))
      .flatMap(([, policy]) => valueAt(policy, 'Properties', 'PolicyDocument', 'Statement') as Statement[])
      .map((statement) => ({ stack: `workbench-some-${part}`, statement })),
  );
});

/** A value as text, in which a reference to another stack is the id of its resource without the hash of CDK. */
function textOf(value: unknown, stack: string): string {
  const join = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'];
  if (join !== undefined) return join[1].map((part) => textOf(part, stack)).join(join[0]);
  const reference = resolveReference(value, stack, app.templates);
  return reference === undefined || reference.type === undefined
    ? valueToText(value)
    : `<${reference.id.replace(/[0-9A-F]{8}$/, '')}>`;
}

function conditionsOf({ stack, statement: { Condition = {} } }: (typeof statements)[number]): Conditions {
  return Object.fromEntries(
    Object.entries(Condition).map(([operator, operands]) => [
      operator,
      Object.fromEntries(
        Object.entries(operands).map(([key, value]) => [
          key,
          listOf(value).map((each) => textOf(each, stack)),
        ]),
      ),
    ]),
  );
}

const ARN = 'arn:<AWS::Partition>';
const HERE = '<AWS::Region>:<AWS::AccountId>';

/** Statements whose resources are identified by neither a condition nor their name, and why. */
const UNLIMITED: Readonly<Record<string, string>> = {
  DescribeInstances: 'EC2 supports no resources for it. It only reads.',
  DescribeTaskDefinition: 'ECS supports no resources for it. It only reads.',
  DeregisterTaskDefinitions:
    'ECS supports no resources for it. The sweep lists the families of the installation.',
  DiscoverEcs: 'ECS supports no resources for it. The agent asks for its endpoint.',
  JoinVpc: 'Lambda requires it for a function in a VPC. DenyOwnCode denies it to the code.',
};

const IN_CLUSTER: Conditions = {
  ArnEquals: { 'ecs:cluster': [`${ARN}:ecs:${HERE}:cluster/workbench-some`] },
};
const FROM_TEMPLATE = {
  'ec2:LaunchTemplate': [
    `${ARN}:ec2:${HERE}:launch-template/<HostTemplate>`,
    `${ARN}:ec2:${HERE}:launch-template/<HostGpuTemplate>`,
  ],
};
const OF_INSTALLATION = { 'aws:ResourceTag/workbench:installation': ['workbench-some'] };
const FOR_INSTALLATION = { 'aws:RequestTag/workbench:installation': ['workbench-some'] };
/** False: the tag is there. */
const OF_A_WORKBENCH = { Null: { 'aws:ResourceTag/workbench:id': ['false'] } };

/** The conditions of each other statement. */
const CONDITIONS: Readonly<Record<string, Conditions>> = {
  // Hosts and shared instances of this installation, and no other instance of the account.
  TerminateInstances: { StringEquals: OF_INSTALLATION },
  StartAndStopHosts: { StringEquals: OF_INSTALLATION, ...OF_A_WORKBENCH },
  LaunchHost: {
    ArnEquals: FROM_TEMPLATE,
    StringEquals: {
      ...FOR_INSTALLATION,
      'ec2:InstanceType': ['m6i.large', 'g5.xlarge'],
      'ec2:MetadataHttpTokens': ['required'],
    },
  },
  LaunchHostDisk: { ArnEquals: FROM_TEMPLATE, StringEquals: FOR_INSTALLATION },
  LaunchHostImage: { ArnEquals: FROM_TEMPLATE, StringEquals: { 'ec2:Owner': ['amazon'] } },
  // Otherwise a function could give an instance of others the tag of the installation, and terminate it.
  TagHost: { StringEquals: { 'ec2:CreateAction': ['RunInstances'] } },
  RunTask: { ...IN_CLUSTER, StringNotEqualsIgnoreCase: { 'ecs:enable-execute-command': ['true'] } },
  StopTask: IN_CLUSTER,
  DescribeTasks: IN_CLUSTER,
  ListTasks: IN_CLUSTER,
  DescribeContainerInstances: IN_CLUSTER,
  DrainContainerInstance: IN_CLUSTER,
  PollTasks: IN_CLUSTER,
  TagTask: { StringEquals: { 'ecs:CreateAction': ['RunTask'] } },
  TagTaskDefinition: { StringEquals: { 'ecs:CreateAction': ['RegisterTaskDefinition'] } },
  // The families of an installation begin with its name.
  OptIn: { StringEquals: { 'ecs:account-setting': ['awsvpcTrunking'] } },
  RegisterTaskDefinition: { StringNotEqualsIgnoreCase: { 'ecs:privileged': ['true'] } },
  TagAccessPoint: {
    StringEquals: { ...FOR_INSTALLATION, 'elasticfilesystem:CreateAction': ['CreateAccessPoint'] },
  },
  DeleteAccessPoint: { StringEquals: OF_INSTALLATION, ...OF_A_WORKBENCH },
  // It only reads.
  DescribeAccessPoints: {},
};

const SERVICES = /^(ec2|ecs|elasticfilesystem):/;

describe('a statement that allows EC2, ECS or EFS actions on a pattern of resources', () => {
  const onPatterns = () =>
    statements.filter(
      ({ stack, statement: { Effect, Action, Resource } }) =>
        Effect === 'Allow' &&
        listOf(Action).some((action) => SERVICES.test(action)) &&
        listOf(Resource).some((resource) => textOf(resource, stack).includes('*')),
    );

  it('has exactly the conditions that limit it to the installation', () => {
    for (const found of onPatterns()) {
      const { Sid } = found.statement;
      const expected = CONDITIONS[Sid] ?? (UNLIMITED[Sid] === undefined ? undefined : {});
      expect([Sid, conditionsOf(found)]).toEqual([Sid, expected]);
    }
  });

  it('is listed here, and every listed one exists', () => {
    expect([...new Set(onPatterns().map(({ statement }) => statement.Sid))].sort()).toEqual(
      [...Object.keys(CONDITIONS), ...Object.keys(UNLIMITED)].sort(),
    );
  });

  it('names every resource `*` only if the service supports no other', () => {
    const anything = onPatterns().filter(({ statement }) => listOf(statement.Resource).includes('*'));
    expect([...new Set(anything.map(({ statement }) => statement.Sid))].sort()).toEqual(
      // Conditions limit the last two.
      [...Object.keys(UNLIMITED), 'ListTasks', 'OptIn'].sort(),
    );
  });

  it('names task definitions by the installation, and tasks and container instances by the cluster', () => {
    const resourcesOf = (sid: string) => [
      ...new Set(
        onPatterns()
          .filter(({ statement }) => statement.Sid === sid)
          .flatMap(({ stack, statement }) => listOf(statement.Resource).map((each) => textOf(each, stack))),
      ),
    ];
    for (const sid of ['RunTask', 'RegisterTaskDefinition', 'TagTaskDefinition'])
      expect(resourcesOf(sid)).toEqual([`${ARN}:ecs:${HERE}:task-definition/workbench-some-*`]);
    for (const sid of ['StopTask', 'DescribeTasks', 'TagTask'])
      expect(resourcesOf(sid)).toEqual([`${ARN}:ecs:${HERE}:task/workbench-some/*`]);
    for (const sid of ['DescribeContainerInstances', 'DrainContainerInstance', 'PollTasks'])
      expect(resourcesOf(sid)).toEqual([`${ARN}:ecs:${HERE}:container-instance/workbench-some/*`]);
  });
});

describe('a role', () => {
  it('is passed only to the service that needs it', () => {
    const passed = statements.filter(({ statement }) => listOf(statement.Action).includes('iam:PassRole'));
    const expected: Readonly<Record<string, string>> = {
      PassTaskRoles: 'ecs-tasks.amazonaws.com',
      PassInstanceRole: 'ec2.amazonaws.com',
    };
    expect(new Set(passed.map(({ statement }) => statement.Sid))).toEqual(new Set(Object.keys(expected)));
    for (const found of passed) {
      expect(conditionsOf(found)).toEqual({
        StringEquals: { 'iam:PassedToService': [expected[found.statement.Sid]] },
      });
      expect(listOf(found.statement.Resource).map(valueToText).join()).not.toContain('*');
    }
  });
});

it('access points are created only with the tag of the installation', () => {
  const created = statements.filter(({ statement }) => statement.Sid === 'CreateAccessPoint');
  // drive, drive-host, drive-delete and the sweep of volumes.
  expect(created).toHaveLength(4);
  for (const found of created) expect(conditionsOf(found)).toEqual({ StringEquals: FOR_INSTALLATION });
});
