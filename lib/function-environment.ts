import type { DeployedSettingName } from '#contract/settings/deployment-settings.ts';
import { DEPLOYMENT_SETTINGS } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import type { Environment, Setting } from '#contract/settings/setting.ts';

/** The values of all that deployed functions may read; undefined for what does not apply. */
export type EnvironmentValues = Environment;

const DECLARED_SETTINGS: Readonly<Record<string, Setting<unknown>>> = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };

/**
 * The environment of a function: what it reads, and of that only what differs from the default, since a function's
 * environment holds 4 KB in all.
 */
export function environmentFor(
  reads: readonly DeployedSettingName[],
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  const given = [...new Set<string>(reads)].flatMap((name) => {
    const value = values[name];
    return value === undefined || value === '' || value === DECLARED_SETTINGS[name]?.default ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}
