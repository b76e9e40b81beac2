import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { findViolations } from '#lib/checks/assembly.ts';
import { listOf, resolveReference, valueToText } from '#lib/checks/template.ts';
import { someStage, stageWithAuditAndConsole, stageWithoutOptions } from './some-stage.ts';
import { type SynthesizedApp, synthesize, valueAt } from './synthesize.ts';

const STACK = 'workbench-some-audit';

let app: SynthesizedApp;
let none: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(stageWithAuditAndConsole());
  none = await synthesize(stageWithoutOptions());
});

/** Returns the only resource of a type. */
function resourceOf(type: string) {
  const resources = app.all('audit', type);
  expect(resources).toHaveLength(1);
  const [id = '', resource] = resources[0] ?? [];
  return { id, resource, properties: resource?.Properties ?? {} };
}

describe('the export of the audit', () => {
  it('is off by default', () => {
    expect(someStage().auditExport).toBe('none');
    expect([...none.templates.keys()]).not.toContain(STACK);
  });

  it('changes no resource of another stack', () => {
    for (const part of ['network', 'data', 'cluster', 'api', 'monitoring'] as const) {
      const name = `workbench-some-${part}`;
      expect(app.templates.get(name)?.Resources, part).toEqual(none.templates.get(name)?.Resources);
    }
  });

  it('passes the checks of templates and policies', async () => {
    expect(await findViolations(app.templates)).toEqual([]);
  });

  it('keeps a file at least as long as the table keeps the events', () => {
    expect(() => someStage({ auditExport: { retentionDays: 89 } })).toThrow(
      'auditExport.retentionDays: must be at least 90, the value of `functions.WB_AUDIT_DAYS`',
    );
    expect(() => someStage({ auditExport: {}, functions: { WB_AUDIT_DAYS: 366 } })).toThrow('at least 366');
    expect(someStage({ auditExport: {} }).auditExport).toEqual({ retentionDays: 365 });
  });
});

describe('the bucket', () => {
  it('is encrypted, versioned and not public, and stays when the stack is deleted', () => {
    const { resource, properties } = resourceOf('AWS::S3::Bucket');
    expect(resource).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  it('refuses requests without TLS', () => {
    const { properties } = resourceOf('AWS::S3::BucketPolicy');
    expect(valueAt(properties, 'PolicyDocument', 'Statement')).toMatchObject([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  it('deletes files after the retention of the settings, old versions after 30 days, and parts after a day', () => {
    const { properties } = resourceOf('AWS::S3::Bucket');
    expect(valueAt(properties, 'LifecycleConfiguration', 'Rules')).toEqual([
      {
        Id: 'expire',
        Status: 'Enabled',
        ExpirationInDays: 400,
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
  });
});

describe('the function', () => {
  it('runs every hour, without a second run after a failure', () => {
    expect(resourceOf('AWS::Events::Rule').properties).toMatchObject({ ScheduleExpression: 'rate(1 hour)' });
    expect(resourceOf('AWS::Lambda::EventInvokeConfig').properties).toMatchObject({
      MaximumRetryAttempts: 0,
    });
    const { timeoutSeconds, memoryMib } = DEPLOYED['export-audit'];
    expect(resourceOf('AWS::Lambda::Function').properties).toMatchObject({
      FunctionName: 'workbench-some-export-audit',
      Timeout: timeoutSeconds,
      MemorySize: memoryMib,
    });
  });

  it('gets the table, the bucket and the retention of the audit', () => {
    const variables = valueAt(resourceOf('AWS::Lambda::Function').properties, 'Environment', 'Variables');
    expect(valueAt(variables, 'WB_AUDIT_BUCKET')).toEqual({ Ref: resourceOf('AWS::S3::Bucket').id });
    expect(valueAt(variables, 'WB_AUDIT_DAYS')).toBe('30');
    expect(resolveReference(valueAt(variables, 'WB_TABLE_NAME'), STACK, app.templates)?.type).toBe(
      'AWS::DynamoDB::GlobalTable',
    );
  });

  it('may read the events by day, list the files and write them, and nothing else', () => {
    const bucket = resourceOf('AWS::S3::Bucket').id;
    const statements = app
      .all('audit', 'AWS::IAM::Policy')
      .flatMap(([, { Properties }]) => listOf(valueAt(Properties, 'PolicyDocument', 'Statement')))
      .map((statement) => ({
        actions: listOf(valueAt(statement, 'Action')),
        on: listOf(valueAt(statement, 'Resource')).map(valueToText).join(),
        condition: valueAt(statement, 'Condition'),
      }));
    expect(statements).toEqual([
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        on: expect.any(String),
        condition: undefined,
      },
      {
        actions: ['dynamodb:Query'],
        on: expect.any(String),
        condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit-day#*'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      {
        actions: ['s3:ListBucket'],
        on: expect.stringContaining(bucket),
        condition: { StringEquals: { 's3:prefix': 'audit/' } },
      },
      {
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        on: expect.stringMatching(new RegExp(`${bucket}.*/audit/\\*$`)),
        condition: undefined,
      },
    ]);
  });
});

it('alarms start if the function fails twice, or if no export was complete for four hours', () => {
  const alarms = app.all('audit', 'AWS::CloudWatch::Alarm').map(([, { Properties = {} }]) => Properties);
  expect(alarms).toMatchObject([
    {
      AlarmName: 'workbench-some export-audit errors',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: 'workbench-some-export-audit' }],
      ...{ Period: 7200, EvaluationPeriods: 2, Threshold: 1, TreatMissingData: 'notBreaching' },
    },
    {
      AlarmName: 'workbench-some audit export lagging',
      Namespace: 'WorkbenchController/workbench-some',
      MetricName: 'audit_export_completed',
      ComparisonOperator: 'LessThanThreshold',
      ...{ Period: 7200, EvaluationPeriods: 2, Threshold: 1, TreatMissingData: 'breaching' },
    },
  ]);
  for (const { AlarmActions } of alarms) {
    const [topic] = listOf(AlarmActions as unknown);
    expect(resolveReference(topic, STACK, app.templates)?.type).toBe('AWS::SNS::Topic');
  }
});
