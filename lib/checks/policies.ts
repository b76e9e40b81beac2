import { ANY_RESOURCE, WHY } from '../permissions/allow.ts';
import { listOf, type Resource, resourcesOf, type Template } from './template.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect?: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A policy in a template. */
export interface TemplatePolicy {
  /** Logical id of the resource that contains the policy. */
  readonly at: string;
  /** Attached to a role, or to the resource that it protects. */
  readonly of: 'role' | 'resource';
  /** The roles that have the policy, as the template refers to them. */
  readonly roles: readonly unknown[];
  readonly statements: readonly Statement[];
  /** Reasons by sid. */
  readonly why: Readonly<Record<string, string>>;
  readonly anyResource: Readonly<Record<string, string>>;
}

/** The resource types whose property `Roles` lists the roles that have the policy. */
const POLICY_TYPES: ReadonlySet<string> = new Set(['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']);

/** Returns every policy in a template: each object with a `Statement`, at any depth. */
export function findPolicies(template: Template): readonly TemplatePolicy[] {
  return resourcesOf(template).flatMap(([at, resource]) =>
    findPolicyDocuments(resource.Properties).map(({ statements, key }) => ({
      at,
      of: isOfRole(resource, key) ? ('role' as const) : ('resource' as const),
      roles: POLICY_TYPES.has(resource.Type) ? listOf(resource.Properties?.Roles) : [{ Ref: at }],
      statements,
      why: readMetadata(resource, WHY),
      anyResource: readMetadata(resource, ANY_RESOURCE),
    })),
  );
}

function isOfRole({ Type }: Resource, key: string): boolean {
  return Type.startsWith('AWS::IAM::') && key !== 'AssumeRolePolicyDocument';
}

function readMetadata({ Metadata }: Resource, name: string): Readonly<Record<string, string>> {
  return (Metadata?.[name] ?? {}) as Readonly<Record<string, string>>;
}

function findPolicyDocuments(
  value: unknown,
  key = '',
): readonly { readonly key: string; readonly statements: readonly Statement[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => findPolicyDocuments(item, key));
  if ('Statement' in value) {
    return [{ key, statements: listOf(value.Statement as Statement | readonly Statement[]) }];
  }
  return Object.entries(value).flatMap(([name, inner]) => findPolicyDocuments(inner, name));
}
