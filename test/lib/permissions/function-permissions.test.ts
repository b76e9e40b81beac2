import { describe, expect, it } from 'vitest';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import { PERMISSIONS } from '#lib/permissions/function-permissions.ts';
import { anyPermissionContext } from './any-permission-context.ts';

describe('the permissions of each function', () => {
  it('allow a poll only GetItem, to read activity and shares, to find the owner, and to record a refusal', () => {
    expect(PERMISSIONS['get-workbench'](anyPermissionContext())).toMatchObject([
      { actions: ['dynamodb:GetItem'], resources: ['table'] },
      {
        actions: ['dynamodb:BatchGetItem'],
        resources: ['table'],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['activity#*'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      {
        actions: ['dynamodb:BatchGetItem'],
        resources: ['table'],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['share#*'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      { actions: ['dynamodb:Query'], resources: ['table/index/by-workbench'] },
      {
        sid: 'RecordAudit',
        actions: ['dynamodb:PutItem'],
        resources: ['table'],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit-*'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
    ]);
  });

  it.each<FunctionName>([
    ...(['create-workbench', 'start-workbench', 'restart-workbench', 'restore-workbench'] as const),
    ...(['change-owner', 'accept-owner', 'drive', 'drive-host'] as const),
  ])('allow %s, which can start or restore a workbench, to compare it with the quota of its user', (name) => {
    expect(PERMISSIONS[name](anyPermissionContext())).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          actions: ['dynamodb:BatchGetItem'],
          conditions: expect.objectContaining({
            'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['quota-*'] },
          }),
        }),
        expect.objectContaining({ actions: ['dynamodb:Query'], resources: ['table'] }),
      ]),
    );
  });

  it('allow only actions of services whose client the bundle contains', () => {
    const services: Readonly<Record<string, string>> = {
      elasticfilesystem: 'efs',
      logs: 'cloudwatch-logs',
      secretsmanager: 'secrets-manager',
    };
    for (const [name, { clients }] of Object.entries(DEPLOYED)) {
      const contained: readonly string[] = clients;
      const foreign = PERMISSIONS[name as FunctionName](anyPermissionContext())
        .flatMap(({ actions }) => actions)
        .map((action) => action.split(':')[0] ?? '')
        // PassRole is not a call, Lambda itself receives the messages of a queue, and Secrets Manager decrypts.
        .filter(
          (service) => !['iam', 'kms'].includes(service) && !contained.includes(services[service] ?? service),
        );
      expect([name, foreign]).toEqual([name, []]);
    }
  });
});
