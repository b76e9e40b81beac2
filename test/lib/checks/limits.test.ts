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
  it('may come to 4 KB, names and values together', () => {
    expect(checkLimits(withEnvironment({ NAME: 'x'.repeat(4092) }))).toEqual([]);
    expect(checkLimits(withEnvironment({ NAME: 'x'.repeat(4093) }))).toEqual([
      { at: 'stack Function', problem: 'its environment may come to 4097 bytes, more than 4096' },
    ]);
    expect(checkLimits(withEnvironment({ NAME: 'ü'.repeat(2047) }))).toHaveLength(1);
  });

  it('is counted with what is known only when it is deployed', () => {
    const subnets = { 'Fn::Join': [',', Array.from({ length: 10 }, () => ({ Ref: 'Subnet' }))] };
    // 10 ids of 24 characters and 9 commas.
    expect(checkLimits(withEnvironment({ A: subnets, B: 'x'.repeat(4096 - 2 - 249) }))).toEqual([]);
    expect(checkLimits(withEnvironment({ A: subnets, B: 'x'.repeat(4096 - 1 - 249) }))).toHaveLength(1);
    const role = { 'Fn::GetAtt': ['Role', 'Arn'] };
    expect(checkLimits(withEnvironment({ A: role, B: 'x'.repeat(4096 - 100) }))).toHaveLength(1);
  });

  it('is counted with what other stacks tell', () => {
    const told = { 'Fn::GetStackOutput': { StackName: 'other', OutputName: 'Subnet' } };
    const both = new Map([
      ...withEnvironment({ A: told, B: 'x'.repeat(4096 - 2 - 24) }),
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
  it('may have 500 resources', () => {
    const some = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`R${at}`, { Type: 'A::B::C' }]));
    expect(checkLimits(templates({ Resources: some(500) }))).toEqual([]);
    expect(checkLimits(templates({ Resources: some(501) }))).toHaveLength(1);
  });

  it('may have a template of a megabyte', () => {
    const large = { Type: 'A::B::C', Properties: { Text: 'x'.repeat(1_000_000) } };
    expect(checkLimits(templates({ Resources: { Large: large } }))).toHaveLength(1);
  });
});
