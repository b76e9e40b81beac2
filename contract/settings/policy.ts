import type { QuotaLimits } from '#core/quotas/limits.ts';
import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import type { RetentionPolicy } from '#core/workbench/lifecycle/retention.ts';
import type { SettingName, SettingsFor } from './function-settings.ts';

export type PolicySettings = SettingsFor<
  | Extract<SettingName, `WB_${string}_SECONDS`>
  | ('WB_START_ATTEMPTS_MAX' | 'WB_HOST_LAUNCHES_MAX')
  | ('WB_DELETE_AFTER_HOURS' | 'WB_RETENTION_DAYS')
  | ('WB_IDLE_STOP_MINUTES' | 'WB_IDLE_STOP_GPU_MINUTES' | 'WB_BUSY_HOLD_HOURS' | 'WB_MAX_RUN_HOURS')
  | QuotaSettingName
>;

export type QuotaSettings = SettingsFor<QuotaSettingName>;
type QuotaSettingName = `WB_USER_${'WORKBENCHES' | 'HOSTS' | 'RUNNING' | 'CPU' | 'MEMORY' | 'GPUS'}_MAX`;

/** The policy of the life cycle, from the settings. */
export function policyOf(settings: PolicySettings): Policy {
  return {
    startingTimeoutMs: settings.WB_STARTING_TIMEOUT_SECONDS * 1000,
    provisioningTimeoutMs: settings.WB_PROVISIONING_TIMEOUT_SECONDS * 1000,
    pendingTimeoutMs: settings.WB_PENDING_TIMEOUT_SECONDS * 1000,
    stoppingTimeoutMs: settings.WB_STOPPING_TIMEOUT_SECONDS * 1000,
    deletingTimeoutMs: settings.WB_DELETING_TIMEOUT_SECONDS * 1000,
    stopSettleMs: settings.WB_STOP_SETTLE_SECONDS * 1000,
    pollIntervalMs: settings.WB_POLL_INTERVAL_SECONDS * 1000,
    stopRetryMs: settings.WB_STOP_RETRY_SECONDS * 1000,
    startRetryMs: settings.WB_START_RETRY_SECONDS * 1000,
    startAttemptsMax: settings.WB_START_ATTEMPTS_MAX,
    startAttemptsWithinMs: settings.WB_START_ATTEMPTS_WITHIN_SECONDS * 1000,
    hostLaunchesMax: settings.WB_HOST_LAUNCHES_MAX,
    taskMissingTimeoutMs: settings.WB_TASK_MISSING_TIMEOUT_SECONDS * 1000,
    agentSilentTimeoutMs: settings.WB_AGENT_SILENT_TIMEOUT_SECONDS * 1000,
    gateSilentTimeoutMs: settings.WB_GATE_SILENT_TIMEOUT_SECONDS * 1000,
    interruptionStopMs: settings.WB_INTERRUPTION_STOP_SECONDS * 1000,
    idleStopMinutes: settings.WB_IDLE_STOP_MINUTES,
    idleStopGpuMinutes: settings.WB_IDLE_STOP_GPU_MINUTES,
    busyHoldMs: settings.WB_BUSY_HOLD_HOURS * 3_600_000,
    maxRunHours: settings.WB_MAX_RUN_HOURS,
    ...retentionPolicyOf(settings),
    quotas: quotaDefaultsOf(settings),
  };
}

/** When workbenches that were stopped for long are deleted, from the settings. */
export function retentionPolicyOf(
  settings: SettingsFor<'WB_DELETE_AFTER_HOURS' | 'WB_RETENTION_DAYS'>,
): RetentionPolicy {
  return {
    deleteAfterMs: settings.WB_DELETE_AFTER_HOURS * 3_600_000,
    retentionMs: settings.WB_RETENTION_DAYS * 86_400_000,
  };
}

/** What each user may hold, from the settings, in which 0 means no limit. */
export function quotaDefaultsOf(settings: QuotaSettings): QuotaLimits {
  const limits = {
    workbenches: settings.WB_USER_WORKBENCHES_MAX,
    hosts: settings.WB_USER_HOSTS_MAX,
    running: settings.WB_USER_RUNNING_MAX,
    cpu: settings.WB_USER_CPU_MAX,
    memory: settings.WB_USER_MEMORY_MAX,
    gpus: settings.WB_USER_GPUS_MAX,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, max]) => max > 0));
}
