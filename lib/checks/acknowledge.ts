import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export interface Acknowledgement {
  /** The rule, and where it has several findings on one thing which: `AwsSolutions-IAM5[Resource::*]`. */
  readonly id: string;
  /** Why it does not apply here, for whoever reviews it. */
  readonly reason: string;
}

/** Before the names of rules of AWS's Control Tower, which cfn-guard looks after. */
export const CONTROL_TOWER = 'cdk-validator-cfnguard';

/** Lets a rule pass for something and what it consists of. */
export function acknowledge(scope: IConstruct, ...rules: readonly Acknowledgement[]): void {
  Validations.of(scope).acknowledge(...rules);
}
