import { describe, expect, it } from 'vitest';
import { callDynamoDb, writeConditionally } from '#adapters/aws/dynamodb/errors.ts';
import { PortError } from '#core/ports/port-error.ts';

function failure(name: string, attempts?: number): Error {
  const error = Object.assign(new Error('words that mean nothing'), { name });
  return attempts === undefined ? error : Object.assign(error, { $metadata: { attempts } });
}

const failing = (error: unknown) => () => Promise.reject(error);

describe('errors of DynamoDB', () => {
  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'are throttled when the only attempt ended in %s',
    async (name) => {
      await expect(callDynamoDb('PutItem', failing(failure(name, 1)))).rejects.toMatchObject({
        kind: 'throttled',
      });
    },
  );

  it('are an unknown outcome when a throttled attempt was not the only one', async () => {
    const call = callDynamoDb('PutItem', failing(failure('ThrottlingException', 3)));
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each([
    'InternalServerError',
    'TimeoutError',
    'ResourceNotFoundException',
    'AccessDeniedException',
    'NeverHeardOfIt',
  ])('are an unknown outcome for %s', async (name) => {
    const call = callDynamoDb('PutItem', failing(failure(name, 1)));
    await expect(call).rejects.toBeInstanceOf(PortError);
    await expect(call).rejects.toMatchObject({ kind: 'unavailable', message: `dynamodb PutItem: ${name}` });
  });

  it('are an unknown outcome for what is no error at all', async () => {
    await expect(callDynamoDb('PutItem', failing('gone'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each(['ValidationException', 'SerializationException'])(
    'stay what they are for %s, a fault of ours',
    async (name) => {
      const error = failure(name, 1);
      await expect(callDynamoDb('PutItem', failing(error))).rejects.toBe(error);
      await expect(writeConditionally('PutItem', failing(error))).rejects.toBe(error);
    },
  );

  it('are an answer when a condition fails, and an unclear one after several attempts', async () => {
    const failed = (attempts?: number) => failing(failure('ConditionalCheckFailedException', attempts));
    expect(await writeConditionally('PutItem', failed())).toBe('refused');
    expect(await writeConditionally('PutItem', failed(1))).toBe('refused');
    expect(await writeConditionally('PutItem', failed(2))).toBe('unclear');
    expect(await writeConditionally('PutItem', async () => 'anything')).toBe('done');
  });

  it('keep their cause for the log and none of its words for the message', async () => {
    const error = failure('InternalServerError', 1);
    const seen = await callDynamoDb('Query', failing(error)).catch((thrown: unknown) => thrown as PortError);
    expect(seen).toMatchObject({ cause: error });
    expect((seen as PortError).message).not.toContain('words');
  });
});
