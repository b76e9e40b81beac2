import { Stack } from 'aws-cdk-lib';
import { type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { INDEXES } from '#contract/table.ts';

/** What there is for functions to act on. ARNs, unless said otherwise. */
export interface PermissionContext {
  /** In the stack of the functions. */
  readonly scope: IConstruct;
  readonly installation: string;
  readonly table: string;
  readonly queues: { readonly work: IQueue; readonly host: IQueue };
  /** Its name. */
  readonly cluster: string;
  readonly taskRole: string;
  readonly executionRole: string;
  readonly instanceRole: string;
  readonly fileSystems: readonly string[];
  readonly janitors: readonly string[];
  /** Ids. */
  readonly launchTemplates: readonly string[];
  /** Ids, of the subnets and the security group that machines are launched into. */
  readonly hostSubnets: readonly string[];
  readonly hostSecurityGroup: string;
  /** Names. */
  readonly hostInstanceTypes: readonly string[];
  /** Where the keys are; none without keys. */
  readonly secret: string | undefined;
}

export type IndexName = keyof typeof INDEXES;

/** A service of AWS on behalf of this account, and of no other that might talk it into it. */
export function servicePrincipalOf(scope: IConstruct, name: string): IPrincipal {
  return new ServicePrincipal(name, {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
