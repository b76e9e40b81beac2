import type { StartLimit } from '#core/workbench/user-limits.ts';
import type { SettingsFor } from './function-settings.ts';

/** How often each user may start workbenches, from the settings. */
export function startLimitOf(settings: SettingsFor<'WB_USER_STARTS_PER_MINUTE'>): StartLimit {
  return { startsPerMinute: settings.WB_USER_STARTS_PER_MINUTE };
}
