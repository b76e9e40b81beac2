import { ArnFormat, Stack } from 'aws-cdk-lib';
import { SWEEP_FUNCTIONS } from '#contract/sweep-functions.ts';
import { functionNameOf } from '../deployment-names.ts';
import type { Permission } from './allow.ts';
import type { PermissionContext } from './permission-context.ts';

/** By their fixed names: references to the functions would make the stack depend on the order in which it creates them. */
export function invokeSweeps({ scope, installation }: PermissionContext): Permission {
  const functions = [...new Set(Object.values(SWEEP_FUNCTIONS))];
  return {
    sid: 'InvokeSweeps',
    actions: ['lambda:InvokeFunction'],
    resources: functions.map((name) =>
      Stack.of(scope).formatArn({
        service: 'lambda',
        resource: 'function',
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        resourceName: functionNameOf(installation, name),
      }),
    ),
    why: 'Begins the sweep that an operator has asked for.',
  };
}
