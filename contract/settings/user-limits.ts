import type { UserLimits } from '#core/workbench/user-limits.ts';
import type { SettingsFor } from './function-settings.ts';

/** The limits of each user, from the settings. */
export function userLimitsOf(
  settings: SettingsFor<'WB_USER_WORKBENCHES_MAX' | 'WB_USER_HOSTS_MAX' | 'WB_USER_STARTS_PER_MINUTE'>,
): UserLimits {
  return {
    workbenchesMax: settings.WB_USER_WORKBENCHES_MAX,
    hostsMax: settings.WB_USER_HOSTS_MAX,
    startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE,
  };
}
