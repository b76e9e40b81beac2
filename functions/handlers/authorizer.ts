import { createSecretsClient } from '#adapters/aws/clients.ts';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { systemClock } from '#adapters/system-clock.ts';
import { type AuthKeys, cacheFromSecret, parseSecretKeys } from '../authorizer/auth-secret.ts';
import { type AuthorizerEvent, build } from '../authorizer/authorizer.ts';
import { createHandler } from '../wiring/create-handler.ts';

export { build };

/** If the secret cannot be fetched, the authorizer throws, as for the keys of an issuer. */
export const handler = createHandler('authorizer', ({ settings, telemetry }) => {
  const ports = { clock: systemClock, telemetry };
  const arn = settings.WB_AUTH_SECRET_ARN;
  const buildWith = (keys: AuthKeys) => build(ports, { ...settings, RESTAPI_AUTH: undefined, ...keys });
  if (arn === undefined) {
    return buildWith({ RESTAPI_AUTH_STATIC_KEY: undefined, RESTAPI_AUTH_JWT_KEY: undefined });
  }
  const client = createSecretsClient();
  const currentAuthorizer = cacheFromSecret(
    systemClock,
    () => readSecretText(client, arn),
    (text) => buildWith(parseSecretKeys(text)),
  );
  return async (event: AuthorizerEvent) => (await currentAuthorizer())(event);
});
