import { expect, it } from 'vitest';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { recordingClient } from './recording-client.ts';

it('the current version of a secret is read', async () => {
  const { client, sent } = recordingClient({ GetSecretValue: { SecretString: '{}' } });
  expect(await readSecretText(client, 'arn:secret')).toBe('{}');
  // Without a version: Secrets Manager returns AWSCURRENT.
  expect(sent).toEqual([{ name: 'GetSecretValue', input: { SecretId: 'arn:secret' } }]);
});
