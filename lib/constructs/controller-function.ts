import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DeployedFunction } from '#contract/deployed-functions.ts';
import { allow, type Permission } from '../permissions/allow.ts';

export interface ControllerFunctionProps {
  /** As in contract/deployed-functions.ts. */
  readonly name: string;
  /** Its name in the account is `<installation>-<called>`. @default the name */
  readonly deployedName?: string;
  readonly deployed: DeployedFunction;
  readonly installation: string;
  /** The folder in which there is one for each function, with its bundle. */
  readonly bundles: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly Permission[];
  readonly logRetention: RetentionDays;
  /** @default a role of its own */
  readonly role?: IRole;
}

/** A function of the controller: its code, its role with the few rights that it needs, its log. */
export class ControllerFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ControllerFunctionProps) {
    super(scope, id);
    const {
      name,
      deployedName: called = name,
      deployed,
      installation,
      bundles,
      environment,
      logRetention,
    } = props;
    const functionName = `${installation}-${called}`;
    const logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: `/${installation}/${called}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role =
      props.role ??
      new Role(this, 'Role', {
        description: functionName,
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      });
    const rights = allow(this, 'Permissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Its log and, in it, its metrics.',
      },
      ...props.permissions,
    ]);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(bundles, name)),
      handler: 'index.handler',
      memorySize: deployed.memoryMib,
      timeout: Duration.seconds(deployed.timeoutSeconds),
      role,
      logGroup,
      environment: {
        ...environment,
        // Stack traces of what was bundled; the maps are read only when an error is printed.
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(installation),
      },
    });
    this.lambda.node.addDependency(rights);
  }
}

/** Of the metrics that an installation's functions count: another in the account has its own. */
export function metricsNamespace(installation: string): string {
  return `WorkbenchController/${installation}`;
}
