import { createSecretsClient } from '#adapters/aws/clients.ts';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { cacheRunKeys } from '#adapters/run-keys.ts';
import { type ActivityEndpoint, type RunIdentity, runTokenOf } from '#adapters/run-token.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

/** Reads the keys of the tokens of runs; undefined if the installation has none. */
export function runKeys(
  { WB_RUN_KEYS_SECRET_ARN: arn }: DeployedSettingsFor<'WB_RUN_KEYS_SECRET_ARN'>,
  telemetry: Telemetry,
): ReturnType<typeof cacheRunKeys> | undefined {
  if (arn === undefined) return undefined;
  const client = createSecretsClient();
  return cacheRunKeys(
    systemClock,
    () => readSecretText(client, arn),
    (error) => telemetry.error('the keys of the tokens of runs could not be read', {}, error),
  );
}

/** Returns where the programs of a run report activity; undefined if they cannot. */
export function runActivity(
  { WB_API_URL: apiUrl }: DeployedSettingsFor<'WB_API_URL'>,
  readKeys: ReturnType<typeof runKeys>,
): ((run: RunIdentity) => Promise<ActivityEndpoint>) | undefined {
  if (readKeys === undefined || apiUrl === undefined) return undefined;
  return async (run) => {
    const [key] = await readKeys();
    return { url: `${apiUrl}/workbenches/${run.workbenchId}/activity`, token: runTokenOf(key, run) };
  };
}
