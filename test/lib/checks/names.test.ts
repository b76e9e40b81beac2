import { describe, expect, it } from 'vitest';
import { checkNames } from '#lib/checks/names.ts';
import type { Resource, Templates } from '#lib/checks/template.ts';

const withResource = (resource: Resource): Templates =>
  new Map([['stack', { Resources: { Some: resource } }]]);

describe('a resource with a fixed name', () => {
  it.each([
    ['AWS::Backup::BackupVault', 'BackupVaultName'],
    ['AWS::DynamoDB::GlobalTable', 'TableName'],
    ['AWS::SecretsManager::Secret', 'Name'],
    ['AWS::ECR::Repository', 'RepositoryName'],
  ])('is refused if a failed creation would retain it: %s', (Type, property) => {
    const resource = { Type, Properties: { [property]: 'fixed' } };
    expect(checkNames(withResource({ ...resource, DeletionPolicy: 'Retain' }))).toEqual([
      { at: 'stack Some', problem: expect.stringContaining(`has a fixed name (${property})`) },
    ]);
    expect(checkNames(withResource({ ...resource, DeletionPolicy: 'RetainExceptOnCreate' }))).toEqual([]);
    expect(checkNames(withResource(resource))).toEqual([]);
    expect(checkNames(withResource({ Type, DeletionPolicy: 'Retain' }))).toEqual([]);
  });

  it('is not confused with a reference to another resource by name', () => {
    const Properties = { FunctionName: 'other' };
    expect(
      checkNames(withResource({ Type: 'AWS::Lambda::Permission', Properties, DeletionPolicy: 'Retain' })),
    ).toEqual([]);
  });
});
