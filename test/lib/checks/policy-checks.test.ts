import { beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '#lib/checks/policy-checks.ts';
import type { Template, Templates } from '#lib/checks/template.ts';
import { ANY_RESOURCE, WHY } from '#lib/permissions/allow.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';
import { synthesizeByStack } from '#tools/synthesize-stage.ts';

const QUEUE = { Type: 'AWS::SQS::Queue' };

/** A template with a role's policy of one statement. */
function withStatement(
  statement: object,
  metadata: object = { [WHY]: { Some: 'It is needed.' } },
): Templates {
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
const anyReason = { [WHY]: { Some: 'It is needed.' }, [ANY_RESOURCE]: { Some: 'It cannot be limited.' } };

describe('a right', () => {
  it('to do something to what is named, with a reason, is in order', async () => {
    expect(await problems(withStatement({ Action: 'ecs:StopTask', Resource: task }))).toEqual([]);
  });

  it('to do what there is not is found: it would grant nothing', async () => {
    expect(await problems(withStatement({ Action: ['ecs:RunTsk'], Resource: task }))).toEqual([
      'there is no action ecs:RunTsk',
    ]);
    expect(await problems(withStatement({ Action: 'ecz:RunTask', Resource: task }))).toEqual([
      'there is no action ecz:RunTask',
    ]);
  });

  it('to do everything is found', async () => {
    expect(await problems(withStatement({ Action: 'ecs:*', Resource: task }))).toEqual([
      'ecs:* is a wildcard',
    ]);
    expect(await problems(withStatement({ NotAction: 'ecs:StopTask', Resource: task }))).toHaveLength(1);
  });

  it('on every resource is found, unless it says why it cannot be limited', async () => {
    const open = { Action: 'ecs:StopTask', Resource: '*' };
    expect(await problems(withStatement(open))).toEqual(['is open to every resource and says not why']);
    expect(await problems(withStatement(open, anyReason))).toEqual([]);
  });

  it('on a resource of another kind is found: it would match nothing', async () => {
    const cluster = 'arn:aws:ecs:us-west-1:123456789012:cluster/cluster';
    expect(await problems(withStatement({ Action: 'ecs:RunTask', Resource: cluster }))).toEqual([
      `ecs:RunTask is not about ${cluster}`,
    ]);
    const queue = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    expect(await problems(withStatement({ Action: 'sqs:SendMessage', Resource: queue }))).toEqual([]);
    expect(await problems(withStatement({ Action: 'dynamodb:GetItem', Resource: queue }))).toEqual([
      'dynamodb:GetItem is not about <Queue.Arn>',
    ]);
  });

  it('limited to a resource that its action does not know is found', async () => {
    expect(await problems(withStatement({ Action: 'ec2:DescribeInstances', Resource: task }))).toEqual([
      'ec2:DescribeInstances knows no resources: it has to be given *',
    ]);
  });

  it('under a condition that its action does not know is found: it would never hold, or always', async () => {
    const within = (key: string) => ({
      Action: 'ecs:StopTask',
      Resource: task,
      Condition: { StringEquals: { [key]: 'x' } },
    });
    expect(await problems(withStatement(within('ecs:cluster')))).toEqual([]);
    expect(await problems(withStatement(within('aws:ResourceTag/workbench:id')))).toEqual([]);
    expect(await problems(withStatement(within('aws:SourceAccount')))).toEqual([]);
    expect(await problems(withStatement(within('ecs:clusterr')))).toHaveLength(1);
    expect(await problems(withStatement(within('aws:RequestTag/workbench:id')))).toHaveLength(1);
  });

  it('that nobody has given a reason is found', async () => {
    expect(await problems(withStatement({ Action: 'ecs:StopTask', Resource: task }, {}))).toEqual([
      'says not why: only lib/permissions gives roles rights',
    ]);
  });
});

describe('the policy of a resource', () => {
  const queuePolicy = (statement: object): Templates => {
    const Properties = { PolicyDocument: { Statement: { Effect: 'Allow', ...statement } } };
    return new Map([['stack', { Resources: { Policy: { Type: 'AWS::SQS::QueuePolicy', Properties } } }]]);
  };

  it('is held against the actions that there are, too', async () => {
    expect(await problems(queuePolicy({ Action: 'sqs:SendMesage', Resource: '*' }))).toHaveLength(1);
    expect(await problems(queuePolicy({ Action: 'sqs:SendMessage', Resource: '*' }))).toEqual([]);
  });

  it('may forbid everything, not allow it', async () => {
    const all = { Action: 'sqs:*', Resource: '*' };
    expect(await problems(queuePolicy({ ...all, Effect: 'Deny' }))).toEqual([]);
    expect(await problems(queuePolicy(all))).toEqual(['sqs:* is a wildcard']);
  });
});

describe('the rights that are deployed', () => {
  let templates: Templates;
  beforeAll(async () => {
    templates = await synthesizeByStack(exampleStage());
  }, 30_000);

  it('are in order', async () => {
    expect(await checkPolicies(templates)).toEqual([]);
  });

  it('are found out when one is misspelt', async () => {
    const planted = new Map(
      [...templates].map(([name, template]) => [
        name,
        JSON.parse(JSON.stringify(template).replaceAll('ecs:RunTask', 'ecs:RunTsk')) as Template,
      ]),
    );
    expect((await checkPolicies(planted)).map(({ problem }) => problem)).toContain(
      'there is no action ecs:RunTsk',
    );
  });
});
