import { PortError } from '#core/ports/port-error.ts';

/**
 * The error names of AWS, as data: this file alone knows them. Names are compared, never message text.
 */

/** Refused before anything happened, for want of throughput or of a place in a queue. */
const THROTTLE_ERRORS: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'RequestThrottled',
]);

/** DynamoDB's and SQS's words for a request that is malformed: a fault of this program, which no retry mends. */
const MALFORMED_REQUEST_ERRORS: ReadonlySet<string> = new Set([
  'ValidationException',
  'SerializationException',
  'InvalidMessageContents',
]);

const ERROR_NAMES = {
  conditionFailed: ['ConditionalCheckFailedException'],
  /** ECS: the token was used with other parameters; `resourceIds` are the tasks that came of it. */
  tokenUsed: ['ConflictException'],
  /**
   * ECS: not now. Most of all the limit of 500 tasks in PROVISIONING; also a task definition that was
   * deregistered a moment ago. Whether it is told before the token is looked at is not documented.
   */
  clientException: ['ClientException'],
  /** ECS: the parameters, or the state of what they name, do not allow it. Of StopTask: no such task. */
  invalidParameter: ['InvalidParameterException'],
  /** ECS and EC2: what was asked for cannot be, whoever asks again. */
  forbidden: [
    'AccessDeniedException',
    'UnauthorizedOperation',
    'BlockedException',
    'ClusterNotFoundException',
    'PlatformUnknownException',
    'UnsupportedFeatureException',
  ],
  /** EC2: no machine of this kind here and now. */
  noCapacity: [
    'InsufficientInstanceCapacity',
    'InsufficientHostCapacity',
    'Unsupported',
    'SpotMaxPriceTooLow',
  ],
  /** EC2: quotas of the account. */
  quota: ['InstanceLimitExceeded', 'VcpuLimitExceeded', 'MaxSpotInstanceCountExceeded'],
  /** EC2: the request itself is not possible: a fault of the settings. */
  invalidLaunchRequest: [
    'InvalidParameterValue',
    'InvalidParameterCombination',
    'InvalidLaunchTemplateId.NotFound',
    'InvalidLaunchTemplateName.NotFoundException',
    'InvalidAMIID.NotFound',
    'InvalidSubnetID.NotFound',
  ],
  /** EC2: the token was used with other parameters. */
  launchTokenUsed: ['IdempotentParameterMismatch'],
  noSuchInstance: ['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed', 'InvalidInstanceID'],
  /** EC2: the instance is in a state that does not allow it. */
  wrongState: ['IncorrectInstanceState', 'IncorrectState', 'UnsupportedOperation'],
  /** EFS: the token was used; the error names the access point. */
  accessPointExists: ['AccessPointAlreadyExists'],
  noSuchAccessPoint: ['AccessPointNotFound'],
  accessPointLimit: ['AccessPointLimitExceeded'],
  /** EFS: the file system, or the access point, is on its way in or out. */
  notReady: ['IncorrectFileSystemLifeCycleState'],
  noSuchFileSystem: ['FileSystemNotFound'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type AwsErrorKind = keyof typeof ERROR_NAMES;

/** Whether AWS answered with one of these. */
export function isAwsError(error: unknown, ...kinds: readonly AwsErrorKind[]): boolean {
  const name = errorNameOf(error);
  return kinds.some((kind) => (ERROR_NAMES[kind] as readonly string[]).includes(name));
}

/** A malformed request: it passes through every adapter as it is. */
export function isMalformedRequest(error: unknown): boolean {
  return MALFORMED_REQUEST_ERRORS.has(errorNameOf(error));
}

/**
 * Whether the answer is the whole story. Of several attempts of the SDK only the last one's error is known: an
 * earlier one may have timed out, and happened.
 */
export function isOnlyAttempt(error: unknown): boolean {
  return attemptsOf(error) === 1;
}

/** What the error means for whoever called: nothing happened, or it may have. */
export function portError(service: string, operation: string, error: unknown): PortError {
  if (error instanceof PortError) return error;
  const name = errorNameOf(error);
  const kind = THROTTLE_ERRORS.has(name) && isOnlyAttempt(error) ? 'throttled' : 'unavailable';
  return new PortError(kind, `${service} ${operation}: ${name}`, error);
}

/** Makes a call and turns what it throws into a PortError. */
export async function callAws<T>(service: string, operation: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw portError(service, operation, error);
  }
}

export function errorNameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** How often the SDK had sent the request; counts as once when it does not say. */
function attemptsOf(error: unknown): number {
  const attempts = (error as { $metadata?: { attempts?: unknown } } | undefined)?.$metadata?.attempts;
  return typeof attempts === 'number' ? attempts : 1;
}
