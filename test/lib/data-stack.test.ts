import { beforeAll, describe, expect, it } from 'vitest';
import { VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import { createTableInput } from '#contract/table.ts';
import type { Statement } from '#lib/checks/policies.ts';
import { listOf, type Resource, valueToText } from '#lib/checks/template.ts';
import { someStage } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

/** Left alone but when its very creation fails, with nothing in it. */
const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(someStage({ storage: { fileSystems: 2, backupRetentionDays: 50 } }));
}, 30_000);

describe('the table', () => {
  const table = (): Resource => {
    const [found] = app.all('data', 'AWS::DynamoDB::GlobalTable');
    if (found === undefined) throw new Error('there is no table');
    return found[1];
  };

  it('is just as the store defines it', () => {
    const wanted = createTableInput('any');
    expect(table().Properties).toMatchObject({
      BillingMode: wanted.BillingMode,
      KeySchema: wanted.KeySchema,
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires_at' },
    });
    const { AttributeDefinitions, GlobalSecondaryIndexes } = table().Properties as unknown as typeof wanted;
    const byName = <T>(list: readonly T[], name: (one: T) => string) =>
      [...list].sort((a, b) => (name(a) < name(b) ? -1 : 1));
    expect(byName(AttributeDefinitions, (one) => one.AttributeName)).toEqual(
      byName(wanted.AttributeDefinitions, (one) => one.AttributeName),
    );
    expect(byName(GlobalSecondaryIndexes, (one) => one.IndexName)).toEqual(
      byName(wanted.GlobalSecondaryIndexes, (one) => one.IndexName),
    );
  });

  it('outlives its stack, cannot be deleted, and can be restored to any second', () => {
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
  it('are as many as set, encrypted, elastic, and outlive their stack', () => {
    const systems = app.all('data', 'AWS::EFS::FileSystem');
    expect(systems).toHaveLength(2);
    for (const [, system] of systems) {
      expect(system).toMatchObject({ ...RETAINED });
      expect(system.Properties).toMatchObject({ Encrypted: true, ThroughputMode: 'elastic' });
    }
  });

  it('can be reached in each zone', () => {
    expect(app.all('data', 'AWS::EFS::MountTarget')).toHaveLength(2 * 2);
  });

  it('are backed up each day, for as long as set, into a vault that outlives its stack', () => {
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
    expect(app.all('data', 'AWS::Backup::BackupVault')[0]?.[1].DeletionPolicy).toBe('Retain');
  });
});

describe('the policy of a file system', () => {
  const CLIENT = ['ClientMount', 'ClientRootAccess', 'ClientWrite'].map(
    (name) => `elasticfilesystem:${name}`,
  );
  const statements = (): readonly Statement[] => {
    const [system] = app.all('data', 'AWS::EFS::FileSystem');
    return valueAt(system?.[1], 'Properties', 'FileSystemPolicy', 'Statement') as Statement[];
  };
  const denial = (sid: string) => {
    const found = statements().find(({ Sid }) => Sid === sid);
    if (found === undefined) throw new Error(`there is no ${sid}`);
    expect(found).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' } });
    expect([...(found.Action as string[])].sort()).toEqual(CLIENT);
    return found.Condition;
  };

  it('forbids and allows nothing: a client without a role gets in nowhere', () => {
    expect(statements().map(({ Effect }) => Effect)).not.toContain('Allow');
  });

  it('forbids mounts without TLS', () => {
    expect(denial('DenyWithoutTls')).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
  });

  it('forbids all roles but that of workbenches and its own janitor’s', () => {
    const { ArnNotEquals } = denial('DenyOtherRoles') as {
      ArnNotEquals: { 'aws:PrincipalArn': readonly unknown[] };
    };
    expect(ArnNotEquals['aws:PrincipalArn'].map(valueToText)).toEqual([
      expect.stringMatching(/^<FilesTaskRole\w+\.Arn>$/),
      expect.stringMatching(/^<FilesJanitorRole0\w+\.Arn>$/),
    ]);
  });

  it('forbids mounts without an access point', () => {
    expect(denial('DenyWithoutAccessPoint')).toEqual({
      Null: { 'elasticfilesystem:AccessPointArn': 'true' },
    });
  });

  it('lets people in whose roles the settings name, and these alone without an access point', async () => {
    const role = 'arn:aws:iam::123456789012:role/operator';
    const other = await synthesize(someStage({ storage: { operatorRoles: [role] } }));
    const text = JSON.stringify(other.all('data', 'AWS::EFS::FileSystem')[0]?.[1].Properties);
    expect(text.split(role)).toHaveLength(3);
  }, 30_000);
});

describe('the roles that mount', () => {
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

  it('of workbenches may mount and write through access points, never as root, never the parent of all', () => {
    const [mount, never, ...others] = policiesOf(/TaskRole/);
    expect(others).toEqual([]);
    expect(mount).toMatchObject({
      Effect: 'Allow',
      Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
    });
    expect(never?.Effect).toBe('Deny');
    const parents = never?.Condition?.ArnEquals?.['elasticfilesystem:AccessPointArn'] as unknown[];
    expect(parents).toHaveLength(2);
  });

  it('of a janitor may do all, through its own access point to the parent directory', () => {
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
