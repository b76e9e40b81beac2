import { PortError } from '#core/ports/port-error.ts';

/**
 * The error names of AWS. Only this file knows them. The adapters compare names, never message texts.
 */

/** Refused before anything happened, because of the call rate or the provisioned throughput. */
const THROTTLE_ERRORS: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'RequestThrottled',
]);

/** DynamoDB's and SQS's errors for a malformed request. It is a bug of the controller; a retry cannot succeed. */
const MALFORMED_REQUEST_ERRORS: ReadonlySet<string> = new Set([
  'ValidationException',
  'SerializationException',
  'InvalidMessageContents',
]);

/** EventBridge's codes of an entry that it never accepts. Every other code may pass, or ends when an operator changes a policy. */
const REJECTED_ENTRY_CODES: ReadonlySet<string> = new Set([
  'InvalidArgument',
  'MalformedDetail',
  'RedactionFailure',
  'NotAuthorizedForSourceException',
  'NotAuthorizedForDetailTypeException',
]);

const ERROR_NAMES = {
  conditionFailed: ['ConditionalCheckFailedException'],
  /** DynamoDB: a transaction had no effect. `CancellationReasons` has the reason of each of its items. */
  transactionCanceled: ['TransactionCanceledException'],
  /** ECS: the client token was used with other parameters; `resourceIds` lists the tasks of that call. */
  tokenUsed: ['ConflictException'],
  /**
   * ECS: a temporary refusal. Most often the limit of 500 tasks in PROVISIONING; also a task definition that has just been
   * deregistered. It is not documented whether ECS checks the client token before it returns this error.
   */
  clientException: ['ClientException'],
  /** ECS: the parameters, or the state of the resources that they name, do not allow the call. StopTask: no such task. */
  invalidParameter: ['InvalidParameterException'],
  /** ECS and EC2: the call is not permitted or not possible; a retry cannot succeed. */
  forbidden: [
    'AccessDeniedException',
    'UnauthorizedOperation',
    'BlockedException',
    'ClusterNotFoundException',
    'PlatformUnknownException',
    'UnsupportedFeatureException',
  ],
  /** The errors of `forbidden` that can be temporary: AWS may deny the calls of a role for minutes after the role was changed. */
  accessDenied: ['AccessDeniedException', 'UnauthorizedOperation'],
  /** EC2: no capacity for this instance type or this subnet at present. */
  noCapacity: [
    'InsufficientFreeAddressesInSubnet',
    'InsufficientInstanceCapacity',
    'InsufficientVolumeCapacity',
    'InsufficientHostCapacity',
    'Unsupported',
    'SpotMaxPriceTooLow',
  ],
  /** EC2: a quota of the account is used up, or AWS still verifies a new account. */
  quota: [
    'InstanceLimitExceeded',
    'MaxIOPSLimitExceeded',
    'MaxSpotInstanceCountExceeded',
    'NetworkInterfaceLimitExceeded',
    'PendingVerification',
    'VcpuLimitExceeded',
    'VolumeLimitExceeded',
  ],
  /** EC2: the request is invalid, which means that a setting is wrong. */
  invalidLaunchRequest: [
    'InvalidParameterValue',
    'InvalidParameterCombination',
    'InvalidLaunchTemplateId.NotFound',
    'InvalidLaunchTemplateName.NotFoundException',
    'InvalidAMIID.NotFound',
    'InvalidSubnetID.NotFound',
  ],
  /** EC2: the client token was used with other parameters. */
  launchTokenUsed: ['IdempotentParameterMismatch'],
  /** EC2: the client token was used, and the instance of that call is terminated or shutting down. */
  launchTokenEnded: ['IdempotentInstanceTerminated'],
  noSuchInstance: ['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed', 'InvalidInstanceID'],
  /** EC2: the state of the instance does not allow the call. */
  wrongState: ['IncorrectInstanceState', 'IncorrectState', 'UnsupportedOperation'],
  /** EFS: the client token was used; the error names the access point. */
  accessPointExists: ['AccessPointAlreadyExists'],
  noSuchAccessPoint: ['AccessPointNotFound'],
  accessPointLimit: ['AccessPointLimitExceeded'],
  /** EFS: the file system or the access point is being created or deleted. */
  notReady: ['IncorrectFileSystemLifeCycleState'],
  noSuchFileSystem: ['FileSystemNotFound'],
  /** CloudWatch Logs: no such log group or stream. */
  noSuchLogStream: ['ResourceNotFoundException'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type AwsErrorKind = keyof typeof ERROR_NAMES;

/** Whether AWS returned an error of one of these kinds. */
export function isAwsError(error: unknown, ...kinds: readonly AwsErrorKind[]): boolean {
  const name = errorNameOf(error);
  return kinds.some((kind) => (ERROR_NAMES[kind] as readonly string[]).includes(name));
}

/** Whether AWS rejected the request as malformed. The adapters rethrow such an error unchanged. */
export function isMalformedRequest(error: unknown): boolean {
  return MALFORMED_REQUEST_ERRORS.has(errorNameOf(error));
}

/** Whether EventBridge never accepts an entry of PutEvents, or rejects a request with only this entry. */
export function isRejectedEntry(code: string): boolean {
  return REJECTED_ENTRY_CODES.has(code) || MALFORMED_REQUEST_ERRORS.has(code);
}

/**
 * Whether the SDK made one attempt only. Of several attempts only the error of the last one is known: an earlier one may
 * have timed out and still taken effect.
 */
export function isOnlyAttempt(error: unknown): boolean {
  return attemptsOf(error) === 1;
}

/**
 * Converts an error of AWS to a PortError: `throttled` if certainly nothing happened, otherwise `unavailable`.
 */
export function portError(service: string, operation: string, error: unknown): PortError {
  if (error instanceof PortError) return error;
  const name = errorNameOf(error);
  const kind = THROTTLE_ERRORS.has(name) && isOnlyAttempt(error) ? 'throttled' : 'unavailable';
  return new PortError(kind, `${service} ${operation}: ${name}`, error);
}

/**
 * Makes a call.
 * @throws PortError
 */
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

/** How many times the SDK sent the request; 1 if the error does not say. */
function attemptsOf(error: unknown): number {
  const attempts = (error as { $metadata?: { attempts?: unknown } } | undefined)?.$metadata?.attempts;
  return typeof attempts === 'number' ? attempts : 1;
}
