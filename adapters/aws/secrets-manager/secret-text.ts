import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PortError } from '#core/ports/port-error.ts';
import { callAws } from '../errors.ts';

export type SecretsClient = Pick<SecretsManagerClient, 'send'>;

/**
 * Reads the text of the current version of a secret.
 * @throws PortError, also if the secret has a binary value
 */
export async function readSecretText(client: SecretsClient, arn: string): Promise<string> {
  const { SecretString } = await callAws('secretsmanager', 'GetSecretValue', () =>
    client.send(new GetSecretValueCommand({ SecretId: arn })),
  );
  if (SecretString === undefined)
    throw new PortError('unavailable', 'secretsmanager: the secret has no text value');
  return SecretString;
}
