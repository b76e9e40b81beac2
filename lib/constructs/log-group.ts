import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Creates a log group. It is deleted with its stack. */
export function createLogGroup(
  scope: Construct,
  id: string,
  { name, logRetention }: { readonly name: string; readonly logRetention: RetentionDays },
): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: name,
    retention: logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
