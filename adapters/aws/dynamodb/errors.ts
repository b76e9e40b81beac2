import { PortError } from '#core/ports/port-error.ts';
import { isAwsError, isMalformedRequest, isOnlyAttempt, portError } from '../errors.ts';

/**
 * The outcome of a conditional write.
 * - `done`: the item was written
 * - `refused`: the condition failed at the only attempt, so this call wrote nothing
 * - `unclear`: the condition failed, but the SDK sent the request more than once. An earlier attempt whose response was
 *   lost may have written the item, so that the condition failed for the next attempt
 */
export type ConditionalWriteOutcome = 'done' | 'refused' | 'unclear';

/**
 * Makes a call.
 * @throws PortError; a malformed request is a bug of the controller and its error is rethrown unchanged
 */
export async function callDynamoDb<T>(operation: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw toPortError(operation, error);
  }
}

/** Makes a conditional write. A failed condition is an outcome; other errors are thrown as by `callDynamoDb`. */
export async function writeConditionally(
  operation: string,
  send: () => Promise<unknown>,
): Promise<ConditionalWriteOutcome> {
  try {
    await send();
    return 'done';
  } catch (error) {
    if (isAwsError(error, 'conditionFailed')) return isOnlyAttempt(error) ? 'refused' : 'unclear';
    throw toPortError(operation, error);
  }
}

/**
 * Makes a transaction. A failed condition is an outcome; other errors are thrown as by `callDynamoDb`. DynamoDB recognizes a
 * retry of the SDK by its client token and returns success if an earlier attempt had its effect, so that no outcome is
 * `unclear`.
 */
export async function transactConditionally(send: () => Promise<unknown>): Promise<'done' | 'refused'> {
  try {
    await send();
    return 'done';
  } catch (error) {
    if (isAwsError(error, 'transactionCanceled') && hasFailedCondition(error)) return 'refused';
    throw toPortError('TransactWriteItems', error);
  }
}

/**
 * Makes a transaction, as `transactConditionally` does. One that another write of the same items has cancelled had no effect
 * either: it counts as refused, and the caller reads the items again.
 */
export async function transactOrConflict(send: () => Promise<unknown>): Promise<'done' | 'refused'> {
  try {
    return await transactConditionally(send);
  } catch (error) {
    const cause = error instanceof PortError ? error.cause : error;
    if (isAwsError(cause, 'transactionCanceled') && hasReason(cause, 'TransactionConflict')) return 'refused';
    throw error;
  }
}

function hasFailedCondition(error: unknown): boolean {
  return hasReason(error, 'ConditionalCheckFailed');
}

function hasReason(error: unknown, code: string): boolean {
  const { CancellationReasons: reasons } = error as { readonly CancellationReasons?: unknown };
  if (!Array.isArray(reasons)) return false;
  return reasons.some((reason: { readonly Code?: unknown }) => reason.Code === code);
}

function toPortError(operation: string, error: unknown): unknown {
  return isMalformedRequest(error) ? error : portError('dynamodb', operation, error);
}
