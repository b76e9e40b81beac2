import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import type { PolicyValidationPluginReport } from 'aws-cdk-lib';
import { resourcesOf, type Template } from './template.ts';

/** What a thread is given to do. */
export interface ControlTowerWork {
  /** Absolute. */
  readonly templatePaths: readonly string[];
  /** Gets the report as JSON, or `{"error":"…"}`. */
  readonly resultFile: string;
  /** 1 when it is there. */
  readonly done: Int32Array<SharedArrayBuffer>;
}

/** The rules that come with the validator: a folder for each service. */
const RULES = join(
  dirname(createRequire(import.meta.url).resolve('@cdklabs/cdk-validator-cfnguard/package.json')),
  'rules/control-tower/cfn-guard',
);

/** Where the folder is not called as the service is in CloudFormation. */
const RULE_FOLDERS: Readonly<Record<string, string>> = {
  apigatewayv2: 'apigateway',
  autoscaling: 'ec2autoscaling',
  iam: 'identityandaccessmanagement',
  kms: 'keymanagementservice',
  logs: 'cloudwatch',
};

/**
 * What AWS's Control Tower would want of every stack, and does not apply to these: the rule's file, and why. Rules
 * that are about one thing alone are acknowledged where it is made.
 */
const DISABLED_RULES: Readonly<Record<string, string>> = {
  'ct-autoscaling-pr-1': 'It looks for zones by name; these groups name subnets instead, one in each zone.',
  'ct-autoscaling-pr-6':
    'A size class is of one size, or placement would promise what a machine of it may not hold. Settings may list several types that are alike.',
  'ct-autoscaling-pr-11':
    'Machines do not talk to each other. What a workbench reads and writes goes to EFS through TLS, whatever the type.',
  'ct-cloudwatch-pr-2':
    'How long logs are kept the settings of the stage say: they name users, and are not kept for a year by default.',
  'ct-cloudwatch-pr-3':
    'CloudWatch encrypts them with a key of its own. A key of ours would be open to the same people, for a price.',
  'ct-ec2-pr-10': 'ECS scales by the tasks that wait, and never looks at the metrics that would be paid for.',
  'ct-ecr-pr-3': 'Every tag but `latest` is immutable, which it does not know to be possible.',
  'ct-lambda-pr-2': 'Each names the API by SourceArn; it does not see that since it is put together.',
  'ct-lambda-pr-3': 'They call AWS alone, and nothing in the VPC. The one that has to be in it is.',
};

/**
 * Holds each template against the rules of the services that it uses: against all of them it takes five times as
 * long, and finds the same.
 */
export function checkControlTower(templatePaths: readonly string[]): PolicyValidationPluginReport {
  const reports = templatePaths.map((path) => {
    const rules = ruleFoldersFor(JSON.parse(readFileSync(path, 'utf8')) as Template);
    if (rules.length === 0) return { success: true, violations: [] };
    const validator = new CfnGuardValidator({
      controlTowerRulesEnabled: false,
      rules: [...rules],
      disabledRules: Object.keys(DISABLED_RULES),
    });
    return validator.validate({ templatePaths: [path] } as unknown as Parameters<
      typeof validator.validate
    >[0]);
  });
  return {
    success: reports.every(({ success }) => success),
    // Without a severity CDK prints them and goes on, as soon as one is acknowledged anywhere.
    violations: reports.flatMap(({ violations }) =>
      violations.map((violation) => ({ ...violation, severity: 'error' })),
    ),
  };
}

/** The folders with rules about what is in the template. */
export function ruleFoldersFor(template: Template): readonly string[] {
  const services = resourcesOf(template).map(([, { Type }]) => Type.split('::')[1]?.toLowerCase() ?? '');
  return [...new Set(services.map((service) => join(RULES, RULE_FOLDERS[service] ?? service)))]
    .filter((folder) => existsSync(folder))
    .sort();
}

if (!isMainThread && (workerData as ControlTowerWork | undefined)?.resultFile !== undefined) {
  const { templatePaths, resultFile, done } = workerData as ControlTowerWork;
  try {
    writeFileSync(resultFile, JSON.stringify(checkControlTower(templatePaths)));
  } catch (error) {
    writeFileSync(resultFile, JSON.stringify({ error: String(error) }));
  }
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}
