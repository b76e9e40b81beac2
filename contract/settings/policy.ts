import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { SettingName, SettingsFor } from './function-settings.ts';

export type PolicySettings = SettingsFor<Extract<SettingName, `WB_${string}_SECONDS`>>;

/** The deadlines and intervals of the life cycle, as set. */
export function policyOf(settings: PolicySettings): Policy {
  return {
    startingMs: settings.WB_STARTING_SECONDS * 1000,
    provisioningMs: settings.WB_PROVISIONING_SECONDS * 1000,
    pendingTimeoutMs: settings.WB_PENDING_SECONDS * 1000,
    stoppingMs: settings.WB_STOPPING_SECONDS * 1000,
    deletingMs: settings.WB_DELETING_SECONDS * 1000,
    fenceMs: settings.WB_FENCE_SECONDS * 1000,
    lookMs: settings.WB_LOOK_SECONDS * 1000,
    stopAgainMs: settings.WB_STOP_AGAIN_SECONDS * 1000,
    startRetryMs: settings.WB_RETRY_SECONDS * 1000,
    missingMs: settings.WB_MISSING_SECONDS * 1000,
    silentHostMs: settings.WB_SILENT_HOST_SECONDS * 1000,
  };
}
