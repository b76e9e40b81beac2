import { Stack } from 'aws-cdk-lib';
import {
  type CfnManagedPolicy,
  type CfnPolicy,
  Effect,
  type IRole,
  ManagedPolicy,
  Policy,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
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
  /**
   * The managed policy that contains the permission, for lists that grow with the settings: the inline policies of a
   * role together can have 10,240 characters, each managed policy 6,144. `npm run synth` checks both.
   * @default the inline policy
   */
  readonly managedPolicy?: 'Volumes' | 'Janitors' | 'Launches';
}

/** Metadata keys of a policy in the template. Each value maps a sid to a reason. */
export const WHY = 'workbench:why';
export const ANY_RESOURCE = 'workbench:any-resource';

/**
 * Grants permissions to a role through new policies in the scope's stack.
 * @param permissions At least one.
 * @returns The policies. What needs the permissions at its creation must depend on them.
 */
export function allow(
  scope: Construct,
  id: string,
  role: IRole,
  permissions: readonly Permission[],
): readonly (Policy | ManagedPolicy)[] {
  const byPolicy = Map.groupBy(permissions, ({ managedPolicy }) => managedPolicy);
  return [...byPolicy].map(([managedPolicy, granted]) => {
    const props = { roles: [role], statements: granted.map(toStatement) };
    const policy =
      managedPolicy === undefined
        ? new Policy(scope, id, props)
        : new ManagedPolicy(scope, `${id}${managedPolicy}`, props);
    addReasons(policy, granted);
    return policy;
  });
}

function toStatement({ sid, actions, resources, conditions, denies }: Permission): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: denies ? Effect.DENY : Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

function addReasons(policy: Policy | ManagedPolicy, permissions: readonly Permission[]): void {
  for (const permission of permissions) acknowledgePatterns(policy, permission);
  const resource = policy.node.defaultChild as CfnPolicy | CfnManagedPolicy;
  resource.addMetadata(WHY, Object.fromEntries(permissions.map(({ sid, why }) => [sid, why])));
  const unlimited = permissions.filter(({ anyResource }) => anyResource !== undefined);
  if (unlimited.length > 0) {
    const reasons = unlimited.map(({ sid, anyResource }) => [sid, anyResource]);
    resource.addMetadata(ANY_RESOURCE, Object.fromEntries(reasons));
  }
}

/** cdk-nag requires a reason for each resource with a wildcard. */
function acknowledgePatterns(
  policy: Policy | ManagedPolicy,
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
