import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import type { ApiStack } from './api-stack.ts';
import { errorCondition } from './constructs/alarm-rules.ts';
import { Alarms } from './constructs/alarms.ts';
import { AuditBucket } from './constructs/audit-bucket.ts';
import { addScheduleTrigger, ControllerFunction } from './constructs/controller-function.ts';
import { functionMetric } from './constructs/function-metric.ts';
import type { DataStack } from './data-stack.ts';
import { functionNameOf } from './deployment-names.ts';
import { environmentFor } from './function-environment.ts';
import { exportAuditPermissions } from './permissions/audit-export.ts';
import type { AuditExportSettings } from './settings/audit-export.ts';
import { toEnvironment } from './settings/function-settings.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

export interface AuditStackProps {
  readonly auditExport: AuditExportSettings;
  readonly data: DataStack;
  readonly api: ApiStack;
  /** The folder with the bundles of the functions. */
  readonly bundles: string;
}

const EXPORT = 'export-audit' satisfies FunctionName;

/** A period that always contains the end of a run, however long each run takes. */
const TWO_RUNS = Duration.minutes(2 * DEPLOYED[EXPORT].startedBy.everyMinutes);

/** The export of the audit: the bucket, and the function that writes a file to it every hour. */
export class AuditStack extends WorkbenchStack {
  constructor(scope: Construct, settings: StageSettings, props: AuditStackProps) {
    super(scope, 'audit', settings, {
      description: 'Workbench controller: export of the audit',
      terminationProtection: settings.production,
    });
    const { installation } = settings;
    const { auditExport, data, api, bundles } = props;
    const { bucket } = new AuditBucket(this, 'Files', auditExport);
    const { table } = data.records;
    const deployed = DEPLOYED[EXPORT];
    const controllerFunction = new ControllerFunction(this, EXPORT, {
      name: EXPORT,
      deployed,
      installation,
      bundles,
      environment: environmentFor(deployed.reads, {
        ...toEnvironment(settings),
        WB_TABLE_NAME: table.tableName,
        WB_AUDIT_BUCKET: bucket.bucketName,
      }),
      permissions: exportAuditPermissions(table.tableArn, bucket.bucketArn),
      logRetention: settings.logs.retentionDays,
    });
    // Without queues: the policies of those of the stack `api` would name the rule of this stack, which uses that stack.
    addScheduleTrigger(controllerFunction, deployed.startedBy, { lambda: controllerFunction.lambda });
    this.#addAlarms(new Alarms(this, 'Alarms', { topic: api.alarmTopic, installation }), installation);
    new CfnOutput(this, 'AuditBucket', {
      description: 'Bucket with the exported events of the audit',
      value: bucket.bucketName,
    });
  }

  #addAlarms(alarms: Alarms, installation: string): void {
    const functionName = functionNameOf(installation, EXPORT);
    alarms.add(`${EXPORT} errors`, {
      description: `The function ${EXPORT} returns errors or times out. See its log.`,
      ...errorCondition(EXPORT, (period) =>
        functionMetric(functionName, 'Errors', { statistic: 'Sum', period }),
      ),
    });
    alarms.add('audit export lagging', {
      description:
        'For four hours no export of the audit was complete: hours that have ended have no file. See the log of export-audit.',
      metric: alarms.sumOf('audit_export_completed', TWO_RUNS),
      threshold: 1,
      periods: 2,
      isBelow: true,
      missingIsBreaching: true,
    });
  }
}
