import { Stack } from 'aws-cdk-lib';
import { type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { QueueName } from '#contract/deployed-functions.ts';
import type { INDEXES } from '#contract/table.ts';

/** The resources that functions use. Values are ARNs unless stated otherwise. */
export interface PermissionContext {
  /** A construct in the stack of the functions. */
  readonly scope: IConstruct;
  readonly installation: string;
  readonly table: string;
  readonly queues: Readonly<Record<QueueName, IQueue>>;
  /** Name of the cluster. */
  readonly cluster: string;
  /** Name of the log group with the output of workbenches. */
  readonly workbenchLogs: string;
  readonly taskRole: string;
  readonly executionRole: string;
  readonly instanceRole: string;
  readonly fileSystems: readonly string[];
  readonly janitors: readonly string[];
  /** Ids of the launch templates. */
  readonly launchTemplates: readonly string[];
  /** Ids of the subnets of hosts. */
  readonly hostSubnets: readonly string[];
  /** Id of the security group of hosts. */
  readonly hostSecurityGroup: string;
  /** Names of the instance types of hosts. */
  readonly hostInstanceTypes: readonly string[];
  /** The secret with the keys. Undefined without keys. */
  readonly secret: string | undefined;
  /** The KMS key of the secret. Undefined if it is the key of AWS, which needs no permission. */
  readonly secretKey: string | undefined;
  /** The secret with the keys of the tokens of runs. Undefined without an authorizer. */
  readonly runKeys: string | undefined;
}

export type IndexName = keyof typeof INDEXES;

/** An AWS service acting for this account only, which prevents the confused deputy problem. */
export function servicePrincipalOf(scope: IConstruct, name: string): IPrincipal {
  return new ServicePrincipal(name, {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
