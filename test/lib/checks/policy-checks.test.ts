import { beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '#lib/checks/policy-checks.ts';
import type { Template, Templates } from '#lib/checks/template.ts';
import { ANY_RESOURCE, WHY } from '#lib/permissions/allow.ts';
import { synthesizeShared } from '#test/lib/shared-stage.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';

const QUEUE = { Type: 'AWS::SQS::Queue' };

/** Returns a template with a policy of a role that has one statement. */
function withStatement(statement: object, metadata: object = { [WHY]: { Some: 'Required.' } }): Templates {
  const policy = {
    Type: 'AWS::IAM::Policy',
    Metadata: metadata as Record<string, unknown>,
    Properties: {
      PolicyDocument: { Statement: [{ Sid: 'Some', Effect: 'Allow', ...statement }] },
      Roles: [{ Ref: 'Role' }],
    },
  };
  return new Map([['stack', { Resources: { Policy: policy, Queue: QUEUE } }]]);
}

async function problems(templates: Templates): Promise<readonly string[]> {
  return (await checkPolicies(templates)).map(({ problem }) => problem);
}

const task = 'arn:aws:ecs:us-west-1:123456789012:task/cluster/*';
const anyReason = { [WHY]: { Some: 'Required.' }, [ANY_RESOURCE]: { Some: 'It cannot be limited.' } };

describe('a statement', () => {
  it('is valid with an action, a resource and a reason', async () => {
    expect(await problems(withStatement({ Action: 'ecs:StopTask', Resource: task }))).toEqual([]);
  });

  it('is reported if its action does not exist', async () => {
    expect(await problems(withStatement({ Action: ['ecs:RunTsk'], Resource: task }))).toEqual([
      'the action ecs:RunTsk does not exist',
    ]);
    expect(await problems(withStatement({ Action: 'ecz:RunTask', Resource: task }))).toEqual([
      'the action ecz:RunTask does not exist',
    ]);
  });

  it('is reported if it allows all actions', async () => {
    expect(await problems(withStatement({ Action: 'ecs:*', Resource: task }))).toEqual([
      'ecs:* is a wildcard',
    ]);
    expect(await problems(withStatement({ NotAction: 'ecs:StopTask', Resource: task }))).toHaveLength(1);
  });

  it('is reported if it allows every resource without a reason', async () => {
    const unlimited = { Action: 'ecs:StopTask', Resource: '*' };
    expect(await problems(withStatement(unlimited))).toEqual([
      'allows every resource without a reason: set anyResource',
    ]);
    expect(await problems(withStatement(unlimited, anyReason))).toEqual([]);
  });

  it('is reported if its resource is of another type', async () => {
    const cluster = 'arn:aws:ecs:us-west-1:123456789012:cluster/cluster';
    expect(await problems(withStatement({ Action: 'ecs:RunTask', Resource: cluster }))).toEqual([
      `ecs:RunTask does not apply to ${cluster}`,
    ]);
    const queue = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    expect(await problems(withStatement({ Action: 'sqs:SendMessage', Resource: queue }))).toEqual([]);
    expect(await problems(withStatement({ Action: 'dynamodb:GetItem', Resource: queue }))).toEqual([
      'dynamodb:GetItem does not apply to <Queue.Arn>',
    ]);
  });

  it('is reported if its action does not support resources', async () => {
    expect(await problems(withStatement({ Action: 'ec2:DescribeInstances', Resource: task }))).toEqual([
      'ec2:DescribeInstances does not support resource ARNs: use *',
    ]);
  });

  it('is reported if its action does not support the condition key', async () => {
    const withCondition = (key: string) => ({
      Action: 'ecs:StopTask',
      Resource: task,
      Condition: { StringEquals: { [key]: 'x' } },
    });
    expect(await problems(withStatement(withCondition('ecs:cluster')))).toEqual([]);
    expect(await problems(withStatement(withCondition('aws:ResourceTag/workbench:id')))).toEqual([]);
    expect(await problems(withStatement(withCondition('aws:SourceAccount')))).toEqual([]);
    expect(await problems(withStatement(withCondition('ecs:clusterr')))).toHaveLength(1);
    expect(await problems(withStatement(withCondition('aws:RequestTag/workbench:id')))).toHaveLength(1);
  });

  it('is reported without a reason', async () => {
    expect(await problems(withStatement({ Action: 'ecs:StopTask', Resource: task }, {}))).toEqual([
      'has no reason: grant permissions to roles only through allow() in lib/permissions',
    ]);
  });
});

describe('a resource policy', () => {
  const queuePolicy = (statement: object): Templates => {
    const Properties = { PolicyDocument: { Statement: { Effect: 'Allow', ...statement } } };
    return new Map([['stack', { Resources: { Policy: { Type: 'AWS::SQS::QueuePolicy', Properties } } }]]);
  };

  it('is reported if its action does not exist', async () => {
    expect(await problems(queuePolicy({ Action: 'sqs:SendMesage', Resource: '*' }))).toHaveLength(1);
    expect(await problems(queuePolicy({ Action: 'sqs:SendMessage', Resource: '*' }))).toEqual([]);
  });

  it('may deny all actions, but not allow them', async () => {
    const all = { Action: 'sqs:*', Resource: '*' };
    expect(await problems(queuePolicy({ ...all, Effect: 'Deny' }))).toEqual([]);
    expect(await problems(queuePolicy(all))).toEqual(['sqs:* is a wildcard']);
  });
});

describe('the deployed policies', () => {
  let templates: Templates;
  beforeAll(async () => {
    templates = await synthesizeShared(exampleStage());
  });

  it('are valid', async () => {
    expect(await checkPolicies(templates)).toEqual([]);
  });

  it('are reported if an action is misspelt', async () => {
    const misspelt = new Map(
      [...templates].map(([name, template]) => [
        name,
        JSON.parse(JSON.stringify(template).replaceAll('ecs:RunTask', 'ecs:RunTsk')) as Template,
      ]),
    );
    expect((await checkPolicies(misspelt)).map(({ problem }) => problem)).toContain(
      'the action ecs:RunTsk does not exist',
    );
  });
});
