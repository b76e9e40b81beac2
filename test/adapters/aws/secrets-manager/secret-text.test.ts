import { describe, expect, it } from 'vitest';
import { readSecretText, type SecretsClient } from '#adapters/aws/secrets-manager/secret-text.ts';
import { PortError } from '#core/ports/port-error.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:auth-AbCdEf';

function clientAnswering(answer: () => unknown) {
  const asked: unknown[] = [];
  const send = async (command: { readonly input: unknown }) => {
    asked.push(command.input);
    return answer();
  };
  return { asked, client: { send } as unknown as SecretsClient };
}

describe('the text of a secret', () => {
  it('is its current version', async () => {
    const { asked, client } = clientAnswering(() => ({ SecretString: 'text' }));
    expect(await readSecretText(client, ARN)).toBe('text');
    expect(asked).toEqual([{ SecretId: ARN }]);
  });

  it('is not to be had when it holds bytes', async () => {
    const { client } = clientAnswering(() => ({ SecretBinary: new Uint8Array([1]) }));
    await expect(readSecretText(client, ARN)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each(['AccessDeniedException', 'ResourceNotFoundException', 'TimeoutError'])(
    'fails with %s as an error of the port',
    async (name) => {
      const { client } = clientAnswering(() => {
        throw Object.assign(new Error('no'), { name });
      });
      const failure = await readSecretText(client, ARN).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PortError);
      expect(failure).toMatchObject({ message: `secretsmanager GetSecretValue: ${name}` });
    },
  );
});
