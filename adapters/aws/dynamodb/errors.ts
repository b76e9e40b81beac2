import { isAwsError, isMalformedRequest, isOnlyAttempt, portError } from '../errors.ts';

/**
 * What became of a conditional write.
 * - `done`: it was carried out
 * - `refused`: the condition did not hold, and nothing of ours had been carried out before
 * - `unclear`: the condition did not hold, but the SDK had sent the request more than once: a first attempt
 *   whose answer was lost may have been carried out, and made the condition fail for the second
 */
export type ConditionalWriteOutcome = 'done' | 'refused' | 'unclear';

/** Makes a call and turns what it throws into a PortError; faults of this program pass through as they are. */
export async function callDynamoDb<T>(operation: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw toThrown(operation, error);
  }
}

/** The same for a conditional write, whose failed condition is an answer. */
export async function writeConditionally(
  operation: string,
  send: () => Promise<unknown>,
): Promise<ConditionalWriteOutcome> {
  try {
    await send();
    return 'done';
  } catch (error) {
    if (isAwsError(error, 'conditionFailed')) return isOnlyAttempt(error) ? 'refused' : 'unclear';
    throw toThrown(operation, error);
  }
}

function toThrown(operation: string, error: unknown): unknown {
  return isMalformedRequest(error) ? error : portError('dynamodb', operation, error);
}
