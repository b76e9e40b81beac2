import { resolveReference, resourcesOf, type Template, type Templates, type Violation } from './template.ts';

/** CloudFormation's limits for one stack. */
const RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;
/** Lambda's limit for the environment of one function, names and values together. */
const ENVIRONMENT_BYTES_MAX = 4096;

/** Characters of values that are known only at deployment. Ids have a fixed length. */
const DEPLOYED_LENGTHS: Readonly<Record<string, number>> = {
  'AWS::EC2::LaunchTemplate': 20,
  'AWS::EC2::LaunchTemplate LatestVersionNumber': 6,
  'AWS::EC2::SecurityGroup GroupId': 20,
  'AWS::EC2::Subnet': 24,
  'AWS::EFS::FileSystem': 20,
  'AWS::Region': 14,
  'AWS::AccountId': 12,
  'AWS::URLSuffix': 16,
};
/** Characters of an AMI id. It is the value of a parameter that AWS publishes. */
const IMAGE_LENGTH = 21;
/** Characters assumed for any other value: an ARN with a name that CloudFormation generates. */
const UNKNOWN_LENGTH = 128;
/** Characters of a part of an ARN: a region or an account. */
const PART_LENGTH = 14;

/** Finds what CloudFormation or Lambda would refuse for its size in the middle of a deployment. */
export function checkLimits(templates: Templates): readonly Violation[] {
  return [...templates].flatMap(([stack, template]) => [
    ...checkStackLimits(stack, template),
    ...resourcesOf(template).flatMap(([id, { Type, Properties }]) => {
      if (Type !== 'AWS::Lambda::Function') return [];
      const bytes = environmentBytesMax(Properties?.Environment, stack, templates);
      const problem = `its environment can reach ${bytes} bytes; the limit is ${ENVIRONMENT_BYTES_MAX}`;
      return bytes > ENVIRONMENT_BYTES_MAX ? [{ at: `${stack} ${id}`, problem }] : [];
    }),
  ]);
}

function checkStackLimits(stack: string, template: Template): readonly Violation[] {
  const resources = resourcesOf(template).length;
  const bytes = Buffer.byteLength(JSON.stringify(template));
  return [
    ...(resources > RESOURCES_MAX
      ? [{ at: stack, problem: `has ${resources} resources; the limit is ${RESOURCES_MAX}` }]
      : []),
    ...(bytes > TEMPLATE_BYTES_MAX
      ? [{ at: stack, problem: `its template has ${bytes} bytes; the limit is ${TEMPLATE_BYTES_MAX}` }]
      : []),
  ];
}

/** Returns an upper bound of the size of an environment, in bytes. */
export function environmentBytesMax(environment: unknown, stack: string, templates: Templates): number {
  const { Variables = {} } = (environment ?? {}) as {
    readonly Variables?: Readonly<Record<string, unknown>>;
  };
  return Object.entries(Variables)
    .map(([name, value]) => Buffer.byteLength(name) + lengthOfValue(value, stack, templates))
    .reduce((sum, bytes) => sum + bytes, 0);
}

function lengthOfValue(value: unknown, stack: string, templates: Templates): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const node = value as Readonly<Record<string, unknown>>;
  const join = node['Fn::Join'];
  if (Array.isArray(join)) {
    const parts = join[1] as readonly unknown[];
    const separators = String(join[0]).length * (parts.length - 1);
    return parts
      .map((part) => lengthOfValue(part, stack, templates))
      .reduce((sum, bytes) => sum + bytes, separators);
  }
  if (node['Fn::Select'] !== undefined) return PART_LENGTH;
  const reference = resolveReference(value, stack, templates);
  if (reference === undefined) return UNKNOWN_LENGTH;
  const { type, id, attribute } = reference;
  if (type === undefined)
    return DEPLOYED_LENGTHS[id] ?? (/imageid/i.test(id) ? IMAGE_LENGTH : UNKNOWN_LENGTH);
  return DEPLOYED_LENGTHS[attribute === undefined ? type : `${type} ${attribute}`] ?? UNKNOWN_LENGTH;
}
