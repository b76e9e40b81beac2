import { describe, expect, it } from 'vitest';
import { readSecretText, type SecretsClient } from '#adapters/aws/secrets-manager/secret-text.ts';
import { PortError } from '#core/ports/port-error.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:auth-AbCdEf';

function clientReturning(respond: () => unknown) {
  const requests: unknown[] = [];
  const send = async (command: { readonly input: unknown }) => {
    requests.push(command.input);
    return respond();
  };
  return { requests, client: { send } as unknown as SecretsClient };
}

describe('the text of a secret', () => {
  it('is the text of the current version', async () => {
    const { requests, client } = clientReturning(() => ({ SecretString: 'text' }));
    expect(await readSecretText(client, ARN)).toBe('text');
    expect(requests).toEqual([{ SecretId: ARN }]);
  });

  it('is unavailable if the secret has a binary value', async () => {
    const { client } = clientReturning(() => ({ SecretBinary: new Uint8Array([1]) }));
    await expect(readSecretText(client, ARN)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each(['AccessDeniedException', 'ResourceNotFoundException', 'TimeoutError'])(
    'throws a PortError for %s',
    async (name) => {
      const { client } = clientReturning(() => {
        throw Object.assign(new Error('no'), { name });
      });
      const failure = await readSecretText(client, ARN).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PortError);
      expect(failure).toMatchObject({ message: `secretsmanager GetSecretValue: ${name}` });
    },
  );
});
