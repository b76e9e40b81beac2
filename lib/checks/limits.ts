import { resolveReference, resourcesOf, type Template, type Templates, type Violation } from './template.ts';

/** CloudFormation's limits of one stack. */
const RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;
/** Lambda's limit of one function's environment, names and values together: 4 KB. */
const ENVIRONMENT_BYTES_MAX = 4096;

/** How long values come to that are known only when they are deployed, in characters: ids have a fixed length. */
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
/** The id of an image is the value of a parameter that AWS publishes. */
const IMAGE_LENGTH = 21;
/** Of any other: an ARN with a name of CloudFormation's making. */
const UNKNOWN_LENGTH = 128;
/** A part of an ARN: a region or an account. */
const PART_LENGTH = 14;

/** What CloudFormation or Lambda would refuse for its size, half-way through a deployment. */
export function checkLimits(templates: Templates): readonly Violation[] {
  return [...templates].flatMap(([stack, template]) => [
    ...checkStackLimits(stack, template),
    ...resourcesOf(template).flatMap(([id, { Type, Properties }]) => {
      if (Type !== 'AWS::Lambda::Function') return [];
      const bytes = environmentBytesMax(Properties?.Environment, stack, templates);
      const problem = `its environment may come to ${bytes} bytes, more than ${ENVIRONMENT_BYTES_MAX}`;
      return bytes > ENVIRONMENT_BYTES_MAX ? [{ at: `${stack} ${id}`, problem }] : [];
    }),
  ]);
}

function checkStackLimits(stack: string, template: Template): readonly Violation[] {
  const resources = resourcesOf(template).length;
  const bytes = Buffer.byteLength(JSON.stringify(template));
  return [
    ...(resources > RESOURCES_MAX
      ? [{ at: stack, problem: `has ${resources} resources, more than ${RESOURCES_MAX}` }]
      : []),
    ...(bytes > TEMPLATE_BYTES_MAX
      ? [{ at: stack, problem: `its template has ${bytes} bytes, more than ${TEMPLATE_BYTES_MAX}` }]
      : []),
  ];
}

/** The most that an environment may come to, in bytes. */
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
    const between = String(join[0]).length * (parts.length - 1);
    return parts
      .map((part) => lengthOfValue(part, stack, templates))
      .reduce((sum, bytes) => sum + bytes, between);
  }
  if (node['Fn::Select'] !== undefined) return PART_LENGTH;
  const found = resolveReference(value, stack, templates);
  if (found === undefined) return UNKNOWN_LENGTH;
  const { type, id, attribute } = found;
  if (type === undefined)
    return DEPLOYED_LENGTHS[id] ?? (/imageid/i.test(id) ? IMAGE_LENGTH : UNKNOWN_LENGTH);
  return DEPLOYED_LENGTHS[attribute === undefined ? type : `${type} ${attribute}`] ?? UNKNOWN_LENGTH;
}
