import { type Resource, resolveReference, type Templates } from './template.ts';

/** Characters of values that are known only at deployment. Ids have a fixed length. */
const DEPLOYED_LENGTHS: Readonly<Record<string, number>> = {
  'AWS::EC2::LaunchTemplate': 20,
  'AWS::EC2::LaunchTemplate LatestVersionNumber': 6,
  'AWS::EC2::SecurityGroup GroupId': 20,
  'AWS::EC2::Subnet': 24,
  'AWS::EFS::FileSystem': 20,
  'AWS::EFS::AccessPoint': 22,
  'AWS::Region': 14,
  'AWS::AccountId': 12,
  'AWS::URLSuffix': 16,
  // `aws-cn`, the longest of the target partitions in cdk.json.
  'AWS::Partition': 6,
};
/** Characters of an AMI id. It is the value of a parameter that AWS publishes. */
const IMAGE_LENGTH = 21;
/** Characters assumed for any other value: an ARN with a name that CloudFormation generates. */
const UNKNOWN_LENGTH = 128;
/** Characters of a part of an ARN: a region or an account. */
const PART_LENGTH = 14;

/** CloudFormation generates names as `<stack>-<logical id>-<random>`, cut to the maximum of the type. */
const RANDOM_LENGTH = 13;

/** `arn:<partition>:<service>:<region>:<account>:` without the service. */
const ARN_LENGTH = 'arn:::::'.length + 6 + 14 + 12;

interface NamedType {
  /** The value: the ARN or URL with everything but the name. */
  readonly prefix: string;
  readonly nameProperty: string;
  readonly nameMax: number;
}

/** Values that contain the name of their resource. Each prefix lacks partition, region and account. */
const NAMED: Readonly<Record<string, NamedType>> = {
  'AWS::IAM::Role Arn': { prefix: 'iamrole/', nameProperty: 'RoleName', nameMax: 64 },
  'AWS::DynamoDB::GlobalTable Arn': { prefix: 'dynamodbtable/', nameProperty: 'TableName', nameMax: 255 },
  'AWS::SQS::Queue Arn': { prefix: 'sqs', nameProperty: 'QueueName', nameMax: 80 },
  'AWS::SQS::Queue': { prefix: 'https://sqs../amazonaws.com.cn', nameProperty: 'QueueName', nameMax: 80 },
  'AWS::Lambda::Function Arn': { prefix: 'lambdafunction:', nameProperty: 'FunctionName', nameMax: 64 },
  'AWS::Logs::LogGroup Arn': { prefix: 'logslog-group::*', nameProperty: 'LogGroupName', nameMax: 512 },
  'AWS::EFS::FileSystem Arn': { prefix: 'elasticfilesystemfile-system/fs-', nameProperty: '', nameMax: 17 },
  'AWS::EFS::AccessPoint Arn': {
    prefix: 'elasticfilesystemaccess-point/fsap-',
    nameProperty: '',
    nameMax: 17,
  },
  'AWS::ECR::Repository Arn': { prefix: 'ecrrepository/', nameProperty: 'RepositoryName', nameMax: 256 },
};

/** Returns an upper bound of the characters of a value after deployment. */
export function resolvedLength(value: unknown, stack: string, templates: Templates): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  const node = value as Readonly<Record<string, unknown>>;
  const join = node['Fn::Join'];
  if (Array.isArray(join)) {
    const parts = join[1] as readonly unknown[];
    const separators = String(join[0]).length * (parts.length - 1);
    return parts
      .map((part) => resolvedLength(part, stack, templates))
      .reduce((sum, length) => sum + length, separators);
  }
  if (node['Fn::Select'] !== undefined) return PART_LENGTH;
  const reference = resolveReference(value, stack, templates);
  if (reference === undefined) return UNKNOWN_LENGTH;
  const { type, id, attribute } = reference;
  if (type === undefined)
    return DEPLOYED_LENGTHS[id] ?? (/imageid/i.test(id) ? IMAGE_LENGTH : UNKNOWN_LENGTH);
  const kind = attribute === undefined ? type : `${type} ${attribute}`;
  const named = NAMED[kind];
  if (named !== undefined) {
    const resource = templates.get(reference.stack)?.Resources?.[id];
    return ARN_LENGTH + named.prefix.length + nameLengthOf(resource, named, `${reference.stack}-${id}-`);
  }
  return DEPLOYED_LENGTHS[kind] ?? UNKNOWN_LENGTH;
}

function nameLengthOf(
  resource: Resource | undefined,
  { nameProperty, nameMax }: NamedType,
  generated: string,
): number {
  const name = resource?.Properties?.[nameProperty];
  return typeof name === 'string' ? name.length : Math.min(nameMax, generated.length + RANDOM_LENGTH);
}

/** Returns an upper bound of the characters of a JSON document after deployment. White space does not count. */
export function resolvedJsonLength(value: unknown, stack: string, templates: Templates): number {
  if (typeof value === 'string') return JSON.stringify(value).length;
  if (typeof value !== 'object' || value === null) return String(value).length;
  const lengthOf = (inner: unknown) => resolvedJsonLength(inner, stack, templates);
  if (Array.isArray(value)) return withSeparators(value.map(lengthOf));
  const entries = Object.entries(value);
  const [[first = ''] = []] = entries;
  if (entries.length === 1 && (first === 'Ref' || first.startsWith('Fn::')))
    return '""'.length + resolvedLength(value, stack, templates);
  return withSeparators(entries.map(([name, inner]) => `"${name}":`.length + lengthOf(inner)));
}

/** Adds the brackets and the commas of an array or object. */
function withSeparators(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 2 + Math.max(0, lengths.length - 1));
}
