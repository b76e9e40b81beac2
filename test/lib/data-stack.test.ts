import { beforeAll, describe, expect, it } from 'vitest';
import { VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import { createTableInput } from '#contract/table.ts';
import type { Statement } from '#lib/checks/policies.ts';
import { listOf, type Resource, valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesizeWithoutApi, valueAt } from './synthesize.ts';

/** Retained, except if its creation fails. */
const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesizeWithoutApi(someStage({ storage: { fileSystems: 2, backupRetentionDays: 50 } }));
});

describe('the table', () => {
  const table = (): Resource => {
    const [entry] = app.all('data', 'AWS::DynamoDB::GlobalTable');
    if (entry === undefined) throw new Error('there is no table');
    return entry[1];
  };

  it('matches the definition of the store', () => {
    const expected = createTableInput('any');
    expect(table().Properties).toMatchObject({
      BillingMode: expected.BillingMode,
      KeySchema: expected.KeySchema,
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires_at' },
    });
    const { AttributeDefinitions, GlobalSecondaryIndexes } = table().Properties as unknown as typeof expected;
    const byName = <T>(list: readonly T[], name: (item: T) => string) =>
      [...list].sort((a, b) => (name(a) < name(b) ? -1 : 1));
    expect(byName(AttributeDefinitions, (item) => item.AttributeName)).toEqual(
      byName(expected.AttributeDefinitions, (item) => item.AttributeName),
    );
    expect(byName(GlobalSecondaryIndexes, (item) => item.IndexName)).toEqual(
      byName(expected.GlobalSecondaryIndexes, (item) => item.IndexName),
    );
  });

  it('is retained, has deletion protection, and can be restored to any second', () => {
    expect(table()).toMatchObject({ ...RETAINED });
    expect(table().Properties?.Replicas).toMatchObject([
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      },
    ]);
  });
});

describe('the file systems', () => {
  it('have the configured number, are encrypted and elastic, and are retained', () => {
    const systems = app.all('data', 'AWS::EFS::FileSystem');
    expect(systems).toHaveLength(2);
    for (const [, system] of systems) {
      expect(system).toMatchObject({ ...RETAINED });
      expect(system.Properties).toMatchObject({ Encrypted: true, ThroughputMode: 'elastic' });
    }
  });

  it('have a mount target in each zone', () => {
    expect(app.all('data', 'AWS::EFS::MountTarget')).toHaveLength(2 * 2);
  });

  it('are backed up daily with the configured retention into a retained vault', () => {
    const [plan] = app.all('data', 'AWS::Backup::BackupPlan');
    expect(plan?.[1].Properties?.BackupPlan).toMatchObject({
      BackupPlanRule: [{ Lifecycle: { DeleteAfterDays: 50 }, ScheduleExpression: 'cron(0 3 * * ? *)' }],
    });
    const [selection] = app.all('data', 'AWS::Backup::BackupSelection');
    const backedUp = listOf(valueAt(selection?.[1], 'Properties', 'BackupSelection', 'Resources')).map(
      valueToText,
    );
    const systems = app.all('data', 'AWS::EFS::FileSystem').map(([id]) => id);
    for (const id of systems) expect(backedUp.some((arn) => arn.includes(id))).toBe(true);
    expect(app.all('data', 'AWS::Backup::BackupVault')[0]?.[1]).toMatchObject({
      ...RETAINED,
      Properties: { BackupVaultName: 'workbench-some-files' },
    });
  });

  it('are backed up into an existing vault if the settings name one', async () => {
    const other = await synthesizeWithoutApi(
      someStage({ storage: { existingBackupVault: 'workbench-old-files' } }),
    );
    expect(other.all('data', 'AWS::Backup::BackupVault')).toEqual([]);
    const [plan] = other.all('data', 'AWS::Backup::BackupPlan');
    expect(valueAt(plan, 1, 'Properties', 'BackupPlan', 'BackupPlanRule', 0, 'TargetBackupVault')).toBe(
      'workbench-old-files',
    );
    other.assert('data').hasOutput('BackupVault', { Value: 'workbench-old-files' });
  });
});

describe('the policy of a file system', () => {
  const CLIENT = ['ClientMount', 'ClientRootAccess', 'ClientWrite'].map(
    (name) => `elasticfilesystem:${name}`,
  );
  const OPERATOR = 'arn:aws:iam::123456789012:role/operator';
  const PRESENT = { 'aws:PrincipalArn': 'false' };
  const WITHOUT_ACCESS_POINT = { 'elasticfilesystem:AccessPointArn': 'true' };

  const statements = (of: SynthesizedApp): readonly Statement[] => {
    const [system] = of.all('data', 'AWS::EFS::FileSystem');
    return valueAt(system?.[1], 'Properties', 'FileSystemPolicy', 'Statement') as Statement[];
  };
  const statement = (of: SynthesizedApp, sid: string) => {
    const found = statements(of).find(({ Sid }) => Sid === sid);
    if (found === undefined) throw new Error(`there is no ${sid}`);
    return found;
  };
  const denial = (of: SynthesizedApp, sid: string) => {
    const found = statement(of, sid);
    expect(found).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' } });
    expect([...(found.Action as string[])].sort()).toEqual(CLIENT);
    return found.Condition;
  };
  const principalsOf = ({ Principal }: Statement) =>
    listOf((Principal as { AWS: unknown | readonly unknown[] }).AWS).map(valueToText);
  const synthesizeWith = (storage: object) => synthesizeWithoutApi(someStage({ storage }));

  it('only denies, so that a client without a role has no access', () => {
    expect(statements(app).map(({ Effect }) => Effect)).not.toContain('Allow');
  });

  it('denies mounts without TLS', () => {
    expect(denial(app, 'DenyWithoutTls')).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
  });

  it('denies all roles except those of workbenches and of its janitor, if EFS knows the role', () => {
    const { ArnNotEquals, ...others } = denial(app, 'DenyOtherRoles') as {
      ArnNotEquals: { 'aws:PrincipalArn': readonly unknown[] };
    };
    expect(ArnNotEquals['aws:PrincipalArn'].map(valueToText)).toEqual([
      expect.stringMatching(/^<FilesTaskRole\w+\.Arn>$/),
      expect.stringMatching(/^<FilesJanitorRole0\w+\.Arn>$/),
    ]);
    expect(others).toEqual({ Null: PRESENT });
  });

  it('denies root access to workbenches by their role, without a condition', () => {
    const root = statement(app, 'DenyRootForWorkbenches');
    expect(root).toMatchObject({ Effect: 'Deny', Action: 'elasticfilesystem:ClientRootAccess' });
    expect(root.Condition).toBeUndefined();
    expect(principalsOf(root)).toEqual([expect.stringMatching(/^<FilesTaskRole\w+\.Arn>$/)]);
  });

  it('denies mounts without an access point', () => {
    expect(denial(app, 'DenyWithoutAccessPoint')).toEqual({ Null: WITHOUT_ACCESS_POINT });
  });

  it('admits the configured operator roles, also without an access point', async () => {
    const other = await synthesizeWith({ operatorRoles: [OPERATOR] });
    expect(denial(other, 'DenyWithoutAccessPoint')).toEqual({
      Null: { ...WITHOUT_ACCESS_POINT, ...PRESENT },
      ArnNotEquals: { 'aws:PrincipalArn': [OPERATOR] },
    });
    const roles = valueAt(denial(other, 'DenyOtherRoles'), 'ArnNotEquals', 'aws:PrincipalArn');
    expect(roles).toContain(OPERATOR);
  });

  it('contains no condition on roles if the settings do not deny other roles', async () => {
    const other = await synthesizeWith({ denyOtherRoles: false, operatorRoles: [OPERATOR] });
    expect(JSON.stringify(statements(other))).not.toContain('aws:PrincipalArn');
    expect(statements(other).map(({ Sid }) => Sid)).toEqual([
      'DenyWithoutTls',
      'DenyRootForWorkbenches',
      'DenyWithoutAccessPoint',
    ]);
    const withoutAccessPoint = statement(other, 'DenyWithoutAccessPoint');
    expect(withoutAccessPoint.Condition).toEqual({ Null: WITHOUT_ACCESS_POINT });
    // Operators are not among them.
    expect([...principalsOf(withoutAccessPoint)].sort()).toEqual([
      expect.stringMatching(/^<FilesJanitorRole0/),
      expect.stringMatching(/^<FilesTaskRole/),
    ]);
  });
});

describe('the roles with mount permissions', () => {
  const policiesOf = (role: RegExp): readonly Statement[] =>
    app
      .all('data', 'AWS::IAM::Policy')
      .filter(([, policy]) =>
        role.test(
          listOf(valueAt(policy, 'Properties', 'Roles'))
            .map(valueToText)
            .join(),
        ),
      )
      .flatMap(([, policy]) => valueAt(policy, 'Properties', 'PolicyDocument', 'Statement') as Statement[]);

  it('of workbenches may mount and write through access points, but not as root and not the parent directory', () => {
    const [mount, deny, ...others] = policiesOf(/TaskRole/);
    expect(others).toEqual([]);
    expect(mount).toMatchObject({
      Effect: 'Allow',
      Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
    });
    expect(deny?.Effect).toBe('Deny');
    const parents = deny?.Condition?.ArnEquals?.['elasticfilesystem:AccessPointArn'] as unknown[];
    expect(parents).toHaveLength(2);
  });

  it('of a janitor have all permissions, through its access point to the parent directory', () => {
    const points = app.all('data', 'AWS::EFS::AccessPoint');
    expect(points).toHaveLength(2);
    for (const [, point] of points) {
      expect(point.Properties?.RootDirectory).toMatchObject({ Path: VOLUMES_PARENT });
    }
    for (const number of [0, 1]) {
      const [mount, ...others] = policiesOf(new RegExp(`JanitorRole${number}`));
      expect(others).toEqual([]);
      const arn = valueToText(mount?.Condition?.ArnEquals?.['elasticfilesystem:AccessPointArn']);
      expect(arn).toContain(`<FilesParent${number}`);
    }
  });
});
