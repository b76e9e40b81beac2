import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';

/** `warned`: the owner knows of the stop. `missed`, `refused`: why the last start did not happen. `unknown`: of a newer version. */
export const SCHEDULE_STATES = ['warned', 'missed', 'refused', 'unknown'] as const;

/** When the workbench starts and stops by itself, again and again. Times are times of day. */
export const scheduleSchema = openObjectWithFallbacks(
  {
    /** Cron expressions of five fields, at most CRON_MAX characters. */
    start: z.optional(z.string()),
    stop: z.optional(z.string()),
    /** The IANA name of the time zone in which they are meant, at most TIME_ZONE_MAX characters. */
    zone: z.string(),
    /** The next start; only while the workbench is stopped or stopping. */
    nextStartAt: z.optional(z.int()),
    /** The next stop; only from its start on. */
    nextStopAt: z.optional(z.int()),
    state: z.optional(z.enum(SCHEDULE_STATES)),
  },
  { state: 'unknown' },
);
export type Schedule = z.infer<typeof scheduleSchema>;

/** What a user sets. */
export type ScheduleRequest = Pick<Schedule, 'start' | 'stop' | 'zone'>;
