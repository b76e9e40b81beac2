import { Stack } from 'aws-cdk-lib';
import { type CfnPolicy, Effect, type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import { valueToText } from '../checks/template.ts';

/** What a role may do, and why. Written out, so that somebody can read all of it: nothing is granted elsewhere. */
export interface Permission {
  /** 1-64 letters and digits, once in a policy. */
  readonly sid: string;
  readonly actions: readonly string[];
  /** ARNs. `*` only together with `anyResource`. */
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** For what it is needed: ends up in docs/operations.md. */
  readonly why: string;
  /** Why it cannot be limited to resources: `npm run synth` refuses `*` without it. */
  readonly anyResource?: string;
  /** Forbids, whatever else allows. @default false */
  readonly denies?: true;
}

/** Under these names the reasons stand in the metadata of a policy in the template: sid → text. */
export const WHY = 'workbench:why';
export const ANY_RESOURCE = 'workbench:any-resource';

/**
 * Gives a role these permissions, in a policy of its own in the scope's stack.
 * @param permissions at least one
 */
export function allow(scope: Construct, id: string, role: IRole, permissions: readonly Permission[]): Policy {
  const policy = new Policy(scope, id, {
    roles: [role],
    statements: permissions.map(
      ({ sid, actions, resources, conditions, denies }) =>
        new PolicyStatement({
          sid,
          effect: denies ? Effect.DENY : Effect.ALLOW,
          actions: [...actions],
          resources: [...resources],
          ...(conditions === undefined ? {} : { conditions }),
        }),
    ),
  });
  for (const permission of permissions) acknowledgePatterns(policy, permission);
  const resource = policy.node.defaultChild as CfnPolicy;
  resource.addMetadata(WHY, Object.fromEntries(permissions.map(({ sid, why }) => [sid, why])));
  const open = permissions.filter(({ anyResource }) => anyResource !== undefined);
  if (open.length > 0) {
    const reasons = open.map(({ sid, anyResource }) => [sid, anyResource]);
    resource.addMetadata(ANY_RESOURCE, Object.fromEntries(reasons));
  }
  return policy;
}

/** cdk-nag wants a reason for each resource with a wildcard in it. */
function acknowledgePatterns(
  policy: Policy,
  { resources, conditions = {}, why, anyResource }: Permission,
): void {
  const by = Object.values(conditions).flatMap((operands) => Object.keys(operands));
  const limited = by.length === 0 ? 'by its name' : `by its name and by ${by.join(', ')}`;
  const patterns = resources.map((resource) => valueToText(Stack.of(policy).resolve(resource)));
  for (const pattern of patterns.filter((resource) => resource.includes('*'))) {
    acknowledge(policy, {
      id: `AwsSolutions-IAM5[Resource::${pattern}]`,
      reason: anyResource ?? `${why} Which there are is known only at run time; limited ${limited}.`,
    });
  }
}
