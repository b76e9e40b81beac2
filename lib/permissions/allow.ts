import { Stack } from 'aws-cdk-lib';
import { type CfnPolicy, Effect, type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import { valueToText } from '../checks/template.ts';

/** What a role may do, and why. Roles get no other permissions, so that reviewers can read all of them here. */
export interface Permission {
  /** 1-64 letters and digits, unique in the policy. */
  readonly sid: string;
  readonly actions: readonly string[];
  /** ARNs. `*` only together with `anyResource`. */
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why the permission is needed. docs/operations.md lists it. */
  readonly why: string;
  /** Why it cannot be limited to resources. `npm run synth` rejects `*` without this reason. */
  readonly anyResource?: string;
  /** Denies the actions, overriding every Allow. @default false */
  readonly denies?: true;
}

/** Metadata keys of a policy in the template. Each value maps a sid to a reason. */
export const WHY = 'workbench:why';
export const ANY_RESOURCE = 'workbench:any-resource';

/**
 * Grants permissions to a role through a new policy in the scope's stack.
 * @param permissions At least one.
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
  const unlimited = permissions.filter(({ anyResource }) => anyResource !== undefined);
  if (unlimited.length > 0) {
    const reasons = unlimited.map(({ sid, anyResource }) => [sid, anyResource]);
    resource.addMetadata(ANY_RESOURCE, Object.fromEntries(reasons));
  }
  return policy;
}

/** cdk-nag requires a reason for each resource with a wildcard. */
function acknowledgePatterns(
  policy: Policy,
  { resources, conditions = {}, why, anyResource }: Permission,
): void {
  const conditionKeys = Object.values(conditions).flatMap((operands) => Object.keys(operands));
  const limits = conditionKeys.length === 0 ? 'name' : `name and by ${conditionKeys.join(', ')}`;
  const patterns = resources.map((resource) => valueToText(Stack.of(policy).resolve(resource)));
  for (const pattern of patterns.filter((resource) => resource.includes('*'))) {
    acknowledge(policy, {
      id: `AwsSolutions-IAM5[Resource::${pattern}]`,
      reason:
        anyResource ?? `${why} The resources are known only at run time. They are limited by ${limits}.`,
    });
  }
}
