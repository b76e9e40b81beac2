import type { ReasonCode } from '#core/workbench/reasons.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

/** What a workbench waits for, by the codes of `statusDetail`, in the statuses of a start and in those of an end. */
const START_DETAILS: Readonly<Record<string, string>> = {
  queued: 'The controller may send only so many requests to AWS at a time. The start waits for its turn.',
  no_space: 'The controller has no space left for what the start needs. Tell your administrator.',
  volume: 'Its files are being prepared.',
  host: 'Its own instance is starting.',
  capacity: 'It is waiting for an instance with free capacity.',
  run: 'Its earlier task must stop first.',
  gate: 'It is ready. The gate checks whether it can be reached.',
  spot_interruption: 'AWS is taking back the instance on which it was starting.',
  instance_draining: 'The instance on which it was starting is being replaced.',
};
const END_DETAILS: Readonly<Record<string, string>> = {
  run: 'Its programs are ending.',
  host: 'Its own instance is stopping.',
  volume: 'Its files are being deleted.',
  retry: 'Its first task failed. Another one starts as soon as that one has stopped.',
  instance_unreachable:
    'Its instance does not respond, so the controller cannot confirm that the workbench has stopped. Tell your administrator if this lasts.',
};

/**
 * Returns in a sentence what a workbench waits for; undefined for a detail that is no code, which is a text already.
 * @param detail what `statusDetail` returned
 */
export function describeDetail({ status }: Pick<Workbench, 'status'>, detail: string): string | undefined {
  const ends = status === 'stopping' || status === 'deleting';
  const details = ends ? END_DETAILS : START_DETAILS;
  return Object.hasOwn(details, detail) ? details[detail] : undefined;
}

/** What the owner can do about a reason. The other reasons have messages that say it. */
export const ADVICE: Readonly<Partial<Record<ReasonCode, string>>> = {
  image_pull_failed: 'Tell your administrator.',
  out_of_memory: 'Request more memory, then start it again.',
  storage_failed: 'Start it again. If it fails again, tell your administrator.',
  start_refused: 'Tell your administrator if it fails again.',
  exited: 'Start it again. If it ends again, check the program of the workbench.',
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns a duration in its two largest units: `45 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. Negative ones count as 0. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return inUnits(ms, MINUTE, 'min', SECOND, 's');
  return ms < DAY ? inUnits(ms, HOUR, 'h', MINUTE, 'min') : inUnits(ms, DAY, 'd', HOUR, 'h');
}

function inUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}
