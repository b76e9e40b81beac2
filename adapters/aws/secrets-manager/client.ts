import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/**
 * A client of Secrets Manager, for whoever is waited for: with both attempts it answers within 7 s.
 * Whoever makes it destroys it.
 */
export function secretsClient(options: ConnectionOptions = {}): SecretsManagerClient {
  return new SecretsManagerClient(
    clientConfig({ connectionTimeoutMs: 1_000, requestTimeoutMs: 3_000, ...options }),
  );
}
