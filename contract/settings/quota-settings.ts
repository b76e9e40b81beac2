import { integer } from './setting-kinds.ts';

/**
 * What each user may hold, unless `PUT /quotas/{scope}` has stored another limit. Every function that writes records reads
 * them: a start by any of them is checked.
 */
function quota(max: number, unit: string | undefined, description: string) {
  return integer({
    description: `${description} A request beyond it gets a 403 response (\`quota_exceeded\`). Limits that \`PUT /quotas/{scope}\` has stored come first. \`0\` means no limit.`,
    readBy: ['api', 'drive', 'events', 'schedules'],
    ...(unit === undefined ? {} : { unit }),
    min: 0,
    max,
    default: 0,
  });
}

const CPU_UNIT = 'units of 1/1,024 vCPU';

export const QUOTA_SETTINGS = {
  WB_USER_WORKBENCHES_MAX: quota(
    1000,
    undefined,
    'The maximum number of workbenches of a user, including those that are being deleted.',
  ),
  WB_USER_HOSTS_MAX: quota(
    1000,
    undefined,
    'The maximum number of workbenches of a user on dedicated instances, also while they are stopped.',
  ),
  WB_USER_RUNNING_MAX: quota(
    1000,
    undefined,
    'The maximum number of workbenches of a user that start, run or stop at the same time.',
  ),
  WB_USER_CPU_MAX: quota(
    1_000_000_000,
    CPU_UNIT,
    'The maximum CPU of the workbenches of a user that start, run or stop.',
  ),
  WB_USER_MEMORY_MAX: quota(
    1_000_000_000,
    'MiB',
    'The maximum memory of the workbenches of a user that start, run or stop.',
  ),
  WB_USER_GPUS_MAX: quota(
    1_000_000,
    'GPUs',
    'The maximum number of GPUs of the workbenches of a user that start, run or stop.',
  ),
};
