import { createSecretsClient } from '#adapters/aws/clients.ts';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { systemClock } from '#adapters/system-clock.ts';
import { build, buildWithSecret } from '../authorizer/authorizer.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { runKeys } from '../wiring/run-keys.ts';

export { build };

export const handler = createHandler('authorizer', ({ settings, telemetry }) => {
  const ports = { clock: systemClock, telemetry };
  const arn = settings.WB_AUTH_SECRET_ARN;
  const readRunKeys = runKeys(settings, telemetry);
  if (arn === undefined) {
    const noKeys = { RESTAPI_AUTH_STATIC_KEY: undefined, RESTAPI_AUTH_JWT_KEY: undefined };
    return build(ports, { ...settings, RESTAPI_AUTH: undefined, ...noKeys }, { runKeys: readRunKeys });
  }
  const client = createSecretsClient();
  return buildWithSecret(ports, settings, () => readSecretText(client, arn), readRunKeys);
});
