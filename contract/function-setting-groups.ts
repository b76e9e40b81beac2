/**
 * The groups of settings that several functions read, for the rows of contract/deployed-functions.ts. The table is part of every
 * bundle, so this file contains only data and imports nothing.
 */

/** What each user may hold, unless a stored limit says otherwise. */
export const QUOTAS = [
  'WB_USER_WORKBENCHES_MAX',
  'WB_USER_HOSTS_MAX',
  'WB_USER_RUNNING_MAX',
  'WB_USER_CPU_MAX',
  'WB_USER_MEMORY_MAX',
  'WB_USER_GPUS_MAX',
] as const;

/** Of the life cycle. */
export const POLICY = [
  'WB_STARTING_TIMEOUT_SECONDS',
  'WB_PROVISIONING_TIMEOUT_SECONDS',
  'WB_PENDING_TIMEOUT_SECONDS',
  'WB_STOPPING_TIMEOUT_SECONDS',
  'WB_DELETING_TIMEOUT_SECONDS',
  'WB_STOP_SETTLE_SECONDS',
  'WB_POLL_INTERVAL_SECONDS',
  'WB_STOP_RETRY_SECONDS',
  'WB_START_RETRY_SECONDS',
  'WB_START_ATTEMPTS_MAX',
  'WB_START_ATTEMPTS_WITHIN_SECONDS',
  'WB_HOST_LAUNCHES_MAX',
  'WB_TASK_MISSING_TIMEOUT_SECONDS',
  'WB_AGENT_SILENT_TIMEOUT_SECONDS',
  'WB_GATE_SILENT_TIMEOUT_SECONDS',
  'WB_INTERRUPTION_STOP_SECONDS',
  'WB_IDLE_STOP_MINUTES',
  'WB_IDLE_STOP_GPU_MINUTES',
  'WB_BUSY_HOLD_HOURS',
  'WB_MAX_RUN_HOURS',
  'WB_DELETE_AFTER_HOURS',
  'WB_RETENTION_DAYS',
  'WB_ORPHAN_GRACE_SECONDS',
  'WB_VOLUME_GRACE_SECONDS',
  ...QUOTAS,
] as const;

export const SIZES = [
  'WB_DEFAULT_RAM',
  'WB_MIN_RAM',
  'WB_MAX_RAM',
  'WB_DEFAULT_CPU',
  'WB_MIN_CPU',
  'WB_MAX_CPU',
  'WB_DEFAULT_GPU',
  'WB_MIN_GPU',
  'WB_MAX_GPU',
] as const;

/** What users choose by name. */
export const OFFERS = ['WB_SIZES', 'WB_TEMPLATES', 'WB_IDLE_STOP_NEVER'] as const;

/** The capacity that exists, with its prices. */
export const CATALOG = [
  'WB_CAPACITY_PROVIDERS',
  'WB_INSTANCE_TYPES',
  'WB_INSTANCE_PRICES',
  'WB_HOST_DISK_PRICE',
  'WB_PRICES_AS_OF',
] as const;

export const USER_API = ['RESTAPI_AUTH', 'RESTAPI_ADMIN_SCOPE', 'WB_TABLE_NAME', 'WB_AUDIT_DAYS'] as const;
/** Of routes of one workbench. */
export const WORKBENCH_API = [...USER_API, 'WB_ORGANISATION_SHARES'] as const;
/** Of routes that change a workbench. */
export const CHANGE_API = [...WORKBENCH_API, 'WB_QUEUE_URL', ...POLICY] as const;

/** Of routes that start a workbench. */
export const START_API = [...CHANGE_API, 'WB_USER_STARTS_PER_MINUTE'] as const;
/** Of functions that feed observations to the life cycle. */
export const LIFE_CYCLE = ['WB_TABLE_NAME', 'WB_QUEUE_URL', ...POLICY] as const;

/** Identifies the resources of this installation. */
export const INSTALLATION = ['WB_INSTALLATION'] as const;
export const CLUSTER = ['WB_CLUSTER'] as const;

/** Of routes that empty a machine. */
export const DRAIN_API = [...USER_API, 'WB_QUEUE_URL', ...POLICY, ...CLUSTER, 'WB_CONTAINER_PORT'] as const;

/** The user that runs workbenches and owns their files. */
export const IMAGE_USER = ['WB_IMAGE_UID', 'WB_IMAGE_GID'] as const;

export const TASKS = [
  ...INSTALLATION,
  ...CLUSTER,
  ...IMAGE_USER,
  'WB_IMAGE',
  'WB_BOOT_COMMAND',
  'WB_HEALTH_COMMAND',
  'WB_CONTAINER_PORT',
  'WB_MOUNT_PATH',
  'BASE_URL',
  'WB_SUBNETS',
  'WB_TASK_SECURITY_GROUPS',
  'WB_EXECUTION_ROLE_ARN',
  'WB_TASK_ROLE_ARN',
  'WB_TASK_LOG_GROUP',
] as const;

/** Besides TASKS, of functions that start tasks. */
export const RUN_TOKENS = ['WB_API_URL', 'WB_RUN_KEYS_SECRET_ARN'] as const;

/** Besides TASKS. */
export const HOSTS = [
  'WB_LAUNCH_TEMPLATE',
  'WB_GPU_LAUNCH_TEMPLATE',
  'WB_GPU_INSTANCE_TYPES',
  'WB_HOST_AMIS',
] as const;

/** Besides INSTALLATION and IMAGE_USER. */
export const VOLUMES = ['WB_FILE_SYSTEMS', 'WB_JANITOR_FUNCTIONS'] as const;
