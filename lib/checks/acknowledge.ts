import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export interface Acknowledgement {
  /** The rule. If it has several findings on one resource, also which one: `AwsSolutions-IAM5[Resource::*]`. */
  readonly id: string;
  /** Why the rule does not apply here, for reviewers. */
  readonly reason: string;
}

/** Prefix of the names of AWS Control Tower's rules, which cfn-guard evaluates. */
export const CONTROL_TOWER = 'cdk-validator-cfnguard';

/** Suppresses rules for a construct and its children. */
export function acknowledge(scope: IConstruct, ...rules: readonly Acknowledgement[]): void {
  Validations.of(scope).acknowledge(...rules);
}
