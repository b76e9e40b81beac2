import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkAssembly, UndeployableError } from '#lib/checks/assembly.ts';
import type { Template } from '#lib/checks/template.ts';
import { WHY } from '#lib/permissions/allow.ts';

const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(Resources: NonNullable<Template['Resources']>): Promise<void> {
  const templateFullPath = join(folder, 'stack.json');
  writeFileSync(templateFullPath, JSON.stringify({ Resources }));
  return checkAssembly({ stacks: [{ stackName: 'stack', templateFullPath }] });
}

const policyOf = (Resource: readonly string[]) => ({
  Type: 'AWS::IAM::Policy',
  Metadata: { [WHY]: { Some: 'Required.' } },
  Properties: {
    PolicyDocument: {
      Statement: [{ Sid: 'Some', Effect: 'Allow', Action: 'elasticfilesystem:CreateAccessPoint', Resource }],
    },
    Roles: [{ Ref: 'Role' }],
  },
});
const fileSystems = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `arn:aws:elasticfilesystem:us-west-1:123456789012:file-system/fs-${index}0123456789abcdef0`,
  );
const ROLE = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } };

it('accepts templates without errors', async () => {
  await expect(check({ Role: ROLE, Policy: policyOf(fileSystems(3)) })).resolves.toBeUndefined();
});

it.each([
  [
    'inline policies that are too large',
    { Role: ROLE, Policy: policyOf(fileSystems(130)) },
    /stack Role: its inline policies can reach \d+ characters/,
  ],
  [
    'a retained vault with a fixed name',
    {
      Vault: {
        Type: 'AWS::Backup::BackupVault',
        DeletionPolicy: 'Retain',
        Properties: { BackupVaultName: 'files' },
      },
    },
    /stack Vault: is retained and has a fixed name \(BackupVaultName\)/,
  ],
  [
    'a weak reference to the subnet of a mount target',
    {
      Target: {
        Type: 'AWS::EFS::MountTarget',
        Properties: { SubnetId: { 'Fn::GetStackOutput': { StackName: 'network', OutputName: 'Subnet' } } },
      },
    },
    /stack Target: SubnetId is a weak reference/,
  ],
  [
    'a policy with an unknown action',
    {
      Role: ROLE,
      Policy: JSON.parse(JSON.stringify(policyOf(fileSystems(1))).replace('CreateAccess', 'MakeAccess')),
    },
    /the action elasticfilesystem:MakeAccessPoint does not exist/,
  ],
])('refuses %s', async (_, resources, problem) => {
  const refused = check(resources as NonNullable<Template['Resources']>);
  await expect(refused).rejects.toThrow(UndeployableError);
  await expect(refused).rejects.toThrow(problem);
});
