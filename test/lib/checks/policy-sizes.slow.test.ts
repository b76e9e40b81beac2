import { beforeAll, describe, expect, it } from 'vitest';
import { checkLimits } from '#lib/checks/limits.ts';
import { checkPolicySizes, policySizesOf } from '#lib/checks/policy-sizes.ts';
import type { Template, Templates } from '#lib/checks/template.ts';
import { someStage } from '../some-stage.ts';
import { synthesize } from '../synthesize.ts';

const templates = (Resources: NonNullable<Template['Resources']>): Templates =>
  new Map([['stack', { Resources }]]);

const ROLE = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } };

/** A policy of the role `Role` whose document has this many characters. */
function policyOf(length: number, Type = 'AWS::IAM::Policy') {
  const PolicyDocument = { Sid: 'x'.repeat(length - '{"Sid":""}'.length) };
  return { Type, Properties: { PolicyDocument, Roles: [{ Ref: 'Role' }] } };
}

const problemsOf = (resources: NonNullable<Template['Resources']>) =>
  checkPolicySizes(templates(resources)).map(({ problem }) => problem);

describe('the policies of a role', () => {
  it('can have 10,240 characters together if they are inline', () => {
    expect(problemsOf({ Role: ROLE, A: policyOf(10_000), B: policyOf(240) })).toEqual([]);
    expect(problemsOf({ Role: ROLE, A: policyOf(10_000), B: policyOf(241) })).toEqual([
      expect.stringMatching(
        /^its inline policies can reach 10241 characters; the limit is 10240: reduce `storage\.fileSystems`/,
      ),
    ]);
  });

  it('can have 6,144 characters each if they are managed, and there can be ten', () => {
    const managed = (count: number, length: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `M${index}`,
          policyOf(length, 'AWS::IAM::ManagedPolicy'),
        ]),
      );
    expect(problemsOf({ Role: ROLE, ...managed(10, 6144) })).toEqual([]);
    expect(problemsOf({ Role: ROLE, ...managed(1, 6145) })).toHaveLength(1);
    expect(problemsOf({ Role: ROLE, ...managed(11, 100) })).toEqual([
      'has 11 managed policies; the default quota is 10',
    ]);
  });

  it('include those of other stacks', () => {
    const Roles = [{ 'Fn::GetStackOutput': { StackName: 'stack', OutputName: 'Role' } }];
    const inStack = {
      Resources: { Role: ROLE, A: policyOf(10_000) },
      Outputs: { Role: { Value: { Ref: 'Role' } } },
    };
    const policy = policyOf(241);
    const other = { Resources: { B: { ...policy, Properties: { ...policy.Properties, Roles } } } };
    const both: Templates = new Map<string, Template>([
      ['stack', inStack],
      ['other', other],
    ]);
    expect(checkPolicySizes(both).map(({ at }) => at)).toEqual(['stack Role']);
  });

  it('include its trust policy, which can have 2,048 characters', () => {
    const trust = (length: number) => ({
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Sid: 'x'.repeat(length - 10) } },
    });
    expect(problemsOf({ Role: trust(2048) })).toEqual([]);
    expect(problemsOf({ Role: trust(2049) })).toHaveLength(1);
  });
});

describe('the policy of a resource', () => {
  it.each([
    ['AWS::EFS::FileSystem', 'FileSystemPolicy', 20_000],
    ['AWS::SQS::QueuePolicy', 'PolicyDocument', 8192],
  ])('of type %s can have the characters that the service allows', (Type, property, max) => {
    const resource = (length: number) => ({
      Type,
      Properties: { [property]: { Sid: 'x'.repeat(length - 10) } },
    });
    expect(problemsOf({ Some: resource(max) })).toEqual([]);
    expect(problemsOf({ Some: resource(max + 1) })).toEqual([
      expect.stringContaining(`its policy can reach ${max + 1} characters; the limit is ${max}`),
    ]);
  });
});

describe('the policies of the largest possible stage', () => {
  let largest: Templates;
  beforeAll(async () => {
    const types = ['m6i', 'c6i', 'r6i'].flatMap((family) =>
      ['large', 'xlarge', '2xlarge'].map((size) => `${family}.${size}`),
    );
    const app = await synthesize(
      someStage({
        installation: `w${'x'.repeat(31)}`,
        region: 'ap-southeast-2',
        account: '123456789012',
        network: { own: { zones: 4, egressZones: 'each' } },
        storage: {
          fileSystems: 20,
          operatorRoles: Array.from(
            { length: 10 },
            (_, n) => `arn:aws:iam::123456789012:role/${n}${'x'.repeat(63)}`,
          ),
        },
        dedicated: { instanceTypes: [...types, 'g5.xlarge', 'g4dn.xlarge'] },
      }),
    );
    largest = app.templates;
  });

  it('are within all limits', () => {
    expect(checkLimits(largest)).toEqual([]);
  });

  it('would exceed them if the lists of file systems were inline', () => {
    const inline = new Map(
      [...largest].map(([name, template]) => [
        name,
        JSON.parse(
          JSON.stringify(template).replaceAll('AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy'),
        ) as Template,
      ]),
    );
    expect(checkLimits(inline)).toEqual([
      {
        at: expect.stringMatching(/-api driveRole/),
        problem: expect.stringContaining('its inline policies can reach'),
      },
      {
        at: expect.stringMatching(/-api drivehostRole/),
        problem: expect.stringContaining('the limit is 10240'),
      },
    ]);
  });

  it('count the policies of every role', () => {
    const counted = policySizesOf(largest);
    expect(counted.filter(({ inline }) => inline === 0)).toEqual([
      // It has only the policy that AWS Backup requires.
      expect.objectContaining({ role: expect.stringContaining('BackupsRole') }),
    ]);
  });
});

it('fits the environments of the functions with as many capacity providers as ECS allows, with the longest names', async () => {
  const capacityProviders = Array.from({ length: 20 }, (_, n) => ({
    name: `p${n}`.padEnd(32, 'x'),
    instanceTypes: ['c5.18xlarge'],
    maxInstances: 1,
  }));
  const dedicated = { instanceTypes: ['m6i.large', 'm6i.xlarge', 'm6i.2xlarge', 'r6i.2xlarge', 'g5.xlarge'] };
  const largest = await synthesize(someStage({ capacityProviders, dedicated }));
  expect(checkLimits(largest.templates)).toEqual([]);
});

it('fits the environments of the functions with the largest templates and ten capacity providers, and names those that it does not fit', async () => {
  const templates = Array.from({ length: 20 }, (_, n) => ({
    name: `t${n}`,
    title: 'T',
    description: 'd'.repeat(50),
  }));
  const withProviders = async (count: number) => {
    const capacityProviders = Array.from({ length: count }, (_, n) => ({
      name: `p${n}`.padEnd(32, 'x'),
      instanceTypes: ['c5.18xlarge'],
      maxInstances: 1,
    }));
    return checkLimits((await synthesize(someStage({ templates, capacityProviders }))).templates);
  };
  expect(await withProviders(10)).toEqual([]);
  expect(await withProviders(20)).toEqual([
    { at: expect.stringContaining('createworkbench'), problem: expect.stringContaining('environment') },
  ]);
});
