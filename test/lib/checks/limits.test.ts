import { describe, expect, it } from 'vitest';
import { checkLimits } from '#lib/checks/limits.ts';
import type { Template, Templates } from '#lib/checks/template.ts';

const templates = (template: Template): Templates => new Map([['stack', template]]);

function withEnvironment(Variables: object): Templates {
  const Properties = { Environment: { Variables } };
  return templates({
    Resources: {
      Function: { Type: 'AWS::Lambda::Function', Properties },
      Subnet: { Type: 'AWS::EC2::Subnet' },
      Role: { Type: 'AWS::IAM::Role' },
    },
  });
}

describe('the environment of a function', () => {
  it('can have 4 KB, names and values together', () => {
    expect(checkLimits(withEnvironment({ NAME: 'x'.repeat(4092) }))).toEqual([]);
    expect(checkLimits(withEnvironment({ NAME: 'x'.repeat(4093) }))).toEqual([
      { at: 'stack Function', problem: 'its environment can reach 4097 bytes; the limit is 4096' },
    ]);
    expect(checkLimits(withEnvironment({ NAME: 'ü'.repeat(2047) }))).toHaveLength(1);
  });

  it('counts values that are known only at deployment', () => {
    const subnets = { 'Fn::Join': [',', Array.from({ length: 10 }, () => ({ Ref: 'Subnet' }))] };
    // 10 ids of 24 characters and 9 commas.
    expect(checkLimits(withEnvironment({ A: subnets, B: 'x'.repeat(4096 - 2 - 249) }))).toEqual([]);
    expect(checkLimits(withEnvironment({ A: subnets, B: 'x'.repeat(4096 - 1 - 249) }))).toHaveLength(1);
    const role = { 'Fn::GetAtt': ['Role', 'Arn'] };
    // `arn:aws-cn:iam:ap-southeast-2:123456789012:role/stack-Role-` and 13 random characters.
    expect(checkLimits(withEnvironment({ A: role, B: 'x'.repeat(4096 - 2 - 72) }))).toEqual([]);
    expect(checkLimits(withEnvironment({ A: role, B: 'x'.repeat(4096 - 2 - 71) }))).toHaveLength(1);
  });

  it('counts outputs of other stacks', () => {
    const output = { 'Fn::GetStackOutput': { StackName: 'other', OutputName: 'Subnet' } };
    const both = new Map([
      ...withEnvironment({ A: output, B: 'x'.repeat(4096 - 2 - 24) }),
      [
        'other',
        {
          Resources: { Subnet: { Type: 'AWS::EC2::Subnet' } },
          Outputs: { Subnet: { Value: { Ref: 'Subnet' } } },
        },
      ],
    ]);
    expect(checkLimits(both)).toEqual([]);
  });
});

describe('a stack', () => {
  it('can have 500 resources', () => {
    const makeResources = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, { Type: 'A::B::C' }]));
    expect(checkLimits(templates({ Resources: makeResources(500) }))).toEqual([]);
    expect(checkLimits(templates({ Resources: makeResources(501) }))).toHaveLength(1);
  });

  it('can have a template of 1 MB', () => {
    const large = { Type: 'A::B::C', Properties: { Text: 'x'.repeat(1_000_000) } };
    expect(checkLimits(templates({ Resources: { Large: large } }))).toHaveLength(1);
  });
});
