import { describe, expect, it } from 'vitest';
import { callDynamoDb, writeConditionally } from '#adapters/aws/dynamodb/errors.ts';
import { PortError } from '#core/ports/port-error.ts';

function failure(name: string, attempts?: number): Error {
  const error = Object.assign(new Error('an unstable message text'), { name });
  return attempts === undefined ? error : Object.assign(error, { $metadata: { attempts } });
}

const rejectWith = (error: unknown) => () => Promise.reject(error);

describe('an error of DynamoDB', () => {
  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'is throttled if the only attempt ended with %s',
    async (name) => {
      await expect(callDynamoDb('PutItem', rejectWith(failure(name, 1)))).rejects.toMatchObject({
        kind: 'throttled',
      });
    },
  );

  it('is unavailable if a throttled attempt was not the only one', async () => {
    const call = callDynamoDb('PutItem', rejectWith(failure('ThrottlingException', 3)));
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each([
    'InternalServerError',
    'TimeoutError',
    'ResourceNotFoundException',
    'AccessDeniedException',
    'UnknownException',
  ])('is unavailable for %s', async (name) => {
    const call = callDynamoDb('PutItem', rejectWith(failure(name, 1)));
    await expect(call).rejects.toBeInstanceOf(PortError);
    await expect(call).rejects.toMatchObject({ kind: 'unavailable', message: `dynamodb PutItem: ${name}` });
  });

  it('is unavailable for a thrown value that is no Error', async () => {
    await expect(callDynamoDb('PutItem', rejectWith('gone'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each(['ValidationException', 'SerializationException'])(
    'is rethrown unchanged for %s, a bug of the controller',
    async (name) => {
      const error = failure(name, 1);
      await expect(callDynamoDb('PutItem', rejectWith(error))).rejects.toBe(error);
      await expect(writeConditionally('PutItem', rejectWith(error))).rejects.toBe(error);
    },
  );

  it('is an outcome if a condition failed, and an unclear one after several attempts', async () => {
    const failed = (attempts?: number) => rejectWith(failure('ConditionalCheckFailedException', attempts));
    expect(await writeConditionally('PutItem', failed())).toBe('refused');
    expect(await writeConditionally('PutItem', failed(1))).toBe('refused');
    expect(await writeConditionally('PutItem', failed(2))).toBe('unclear');
    expect(await writeConditionally('PutItem', async () => 'anything')).toBe('done');
  });

  it('keeps its cause for the log, without the text of the cause in the message', async () => {
    const error = failure('InternalServerError', 1);
    const thrown = await callDynamoDb('Query', rejectWith(error)).catch(
      (reason: unknown) => reason as PortError,
    );
    expect(thrown).toMatchObject({ cause: error });
    expect((thrown as PortError).message).not.toContain('unstable');
  });
});
