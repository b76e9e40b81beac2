import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import type { PolicyValidationPluginReport } from 'aws-cdk-lib';
import { resourcesOf, type Template } from './template.ts';

/** The input of the worker thread. */
export interface ControlTowerWork {
  /** Absolute paths. */
  readonly templatePaths: readonly string[];
  /** The worker writes the report as JSON, or `{"error":"…"}`, to this file. */
  readonly resultFile: string;
  /** Set to 1 when the result file is complete. */
  readonly done: Int32Array<SharedArrayBuffer>;
}

/** The rules of the validator, one folder for each service. */
const RULES = join(
  dirname(createRequire(import.meta.url).resolve('@cdklabs/cdk-validator-cfnguard/package.json')),
  'rules/control-tower/cfn-guard',
);

/** Services whose rule folder has another name than the service in CloudFormation. */
const RULE_FOLDERS: Readonly<Record<string, string>> = {
  apigatewayv2: 'apigateway',
  autoscaling: 'ec2autoscaling',
  iam: 'identityandaccessmanagement',
  kms: 'keymanagementservice',
  logs: 'cloudwatch',
};

/**
 * Control Tower rules that do not apply to any of these stacks: the file of the rule, and the reason. A rule that
 * does
 * not apply to one resource alone is acknowledged where the resource is created.
 */
const DISABLED_RULES: Readonly<Record<string, string>> = {
  'ct-autoscaling-pr-1': 'The rule reads zone names. These groups name subnets instead, one in each zone.',
  'ct-autoscaling-pr-6':
    'All instances of a capacity provider have one size; otherwise placement could choose a provider whose instance is too small. Settings may list several types of the same size.',
  'ct-autoscaling-pr-11':
    'Instances do not exchange traffic. Workbenches access EFS through TLS with every instance type.',
  'ct-cloudwatch-pr-2':
    'The settings of the stage decide how long logs are kept. Logs contain user names, so the default is less than a year.',
  'ct-cloudwatch-pr-3':
    'CloudWatch encrypts them with its own key. The same people could use a customer-managed key, which costs extra.',
  'ct-ec2-pr-10':
    'ECS scales by the number of waiting tasks and does not use detailed monitoring, which costs extra.',
  'ct-ecr-pr-3': 'Every tag except `latest` is immutable. The rule does not know this configuration.',
  'ct-lambda-pr-2':
    'Each permission names the API in SourceArn. The rule does not recognize it, because the ARN is a join.',
  'ct-lambda-pr-3':
    'The functions call AWS APIs only and nothing in the VPC. The janitor, which must be in the VPC, is.',
};

/**
 * Checks each template against the rules of the services that it uses. Checking all rules takes five times as long
 * and has the same findings.
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
    // Without a severity CDK only prints the violations and continues as soon as any rule is acknowledged.
    violations: reports.flatMap(({ violations }) =>
      violations.map((violation) => ({ ...violation, severity: 'error' })),
    ),
  };
}

/** Returns the folders with rules for the resource types in the template. */
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
