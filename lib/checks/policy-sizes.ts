import { resolvedJsonLength } from './resolved-length.ts';
import {
  listOf,
  resolveReference,
  resourcesOf,
  type Templates,
  type Violation,
  valueToText,
} from './template.ts';

/** IAM's limits for one role, in characters without white space. */
const INLINE_MAX = 10_240;
const MANAGED_MAX = 6144;
const TRUST_MAX = 2048;
/** IAM's default quota of managed policies of one role. */
const MANAGED_POLICIES_MAX = 10;

/** The limits of policies that protect a resource, by type and property. */
const RESOURCE_POLICIES: readonly {
  readonly type: string;
  readonly property: string;
  readonly max: number;
  readonly advice: string;
}[] = [
  {
    type: 'AWS::EFS::FileSystem',
    property: 'FileSystemPolicy',
    max: 20_000,
    advice: 'shorten `storage.operatorRoles`',
  },
  {
    type: 'AWS::SQS::QueuePolicy',
    property: 'PolicyDocument',
    max: 8192,
    advice: 'reduce the number of rules that send to the queue',
  },
];

const ROLE_ADVICE =
  'reduce `storage.fileSystems`, the zones of `network`, `dedicated.instanceTypes` or the length of `installation`, or put more permissions into managed policies (`managedPolicy` in lib/permissions)';

/** The policies of one role. */
export interface RolePolicySizes {
  /** Stack and logical id. */
  readonly role: string;
  /** Characters of all inline policies. */
  readonly inline: number;
  /** Characters of each managed policy. */
  readonly managed: readonly number[];
  /** Characters of the trust policy. */
  readonly trust: number;
}

/** Returns upper bounds of the sizes of all policies by role, with values as long as they can be after deployment. */
export function policySizesOf(templates: Templates): readonly RolePolicySizes[] {
  const inline = new Map<string, number>();
  const managed = new Map<string, number[]>();
  const trust = new Map<string, number>();
  for (const [stack, template] of templates) {
    for (const [id, { Type, Properties = {} }] of resourcesOf(template)) {
      const lengthOf = (document: unknown) => resolvedJsonLength(document, stack, templates);
      const roles = listOf(Properties.Roles).map((role) => roleOf(role, stack, templates));
      if (Type === 'AWS::IAM::Policy') {
        for (const role of roles)
          inline.set(role, (inline.get(role) ?? 0) + lengthOf(Properties.PolicyDocument));
      } else if (Type === 'AWS::IAM::ManagedPolicy') {
        for (const role of roles)
          managed.set(role, [...(managed.get(role) ?? []), lengthOf(Properties.PolicyDocument)]);
      } else if (Type === 'AWS::IAM::Role') {
        const role = `${stack} ${id}`;
        trust.set(role, lengthOf(Properties.AssumeRolePolicyDocument));
        for (const { PolicyDocument } of listOf(
          Properties.Policies as readonly { PolicyDocument?: unknown }[],
        ))
          inline.set(role, (inline.get(role) ?? 0) + lengthOf(PolicyDocument));
      }
    }
  }
  return [...trust].map(([role, length]) => ({
    role,
    inline: inline.get(role) ?? 0,
    managed: managed.get(role) ?? [],
    trust: length,
  }));
}

/** Finds policies that IAM, EFS or SQS would refuse for their size, also long after the first deployment. */
export function checkPolicySizes(templates: Templates): readonly Violation[] {
  return [...policySizesOf(templates).flatMap(checkRole), ...checkResourcePolicies(templates)];
}

function checkRole({ role, inline, managed, trust }: RolePolicySizes): readonly Violation[] {
  const largest = Math.max(0, ...managed);
  const problems = [
    ...(inline > INLINE_MAX ? [tooLarge('its inline policies', inline, INLINE_MAX, ROLE_ADVICE)] : []),
    ...(largest > MANAGED_MAX ? [tooLarge('a managed policy', largest, MANAGED_MAX, ROLE_ADVICE)] : []),
    ...(managed.length > MANAGED_POLICIES_MAX
      ? [`has ${managed.length} managed policies; the default quota is ${MANAGED_POLICIES_MAX}`]
      : []),
    ...(trust > TRUST_MAX ? [tooLarge('its trust policy', trust, TRUST_MAX, 'reduce its conditions')] : []),
  ];
  return problems.map((problem) => ({ at: role, problem }));
}

function checkResourcePolicies(templates: Templates): readonly Violation[] {
  return [...templates].flatMap(([stack, template]) =>
    resourcesOf(template).flatMap(([id, { Type, Properties = {} }]) =>
      RESOURCE_POLICIES.filter(({ type, property }) => type === Type && Properties[property] !== undefined)
        .map(({ property, max, advice }) => {
          const length = resolvedJsonLength(Properties[property], stack, templates);
          return length > max ? tooLarge('its policy', length, max, advice) : undefined;
        })
        .filter((problem) => problem !== undefined)
        .map((problem) => ({ at: `${stack} ${id}`, problem })),
    ),
  );
}

function tooLarge(what: string, length: number, max: number, advice: string): string {
  return `${what} can reach ${length} characters; the limit is ${max}: ${advice}`;
}

/** Returns stack and logical id of a role that a policy refers to. */
function roleOf(role: unknown, stack: string, templates: Templates): string {
  const reference = resolveReference(role, stack, templates);
  return reference === undefined ? `${stack} ${valueToText(role)}` : `${reference.stack} ${reference.id}`;
}
