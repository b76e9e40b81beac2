import * as z from 'zod/mini';
import { CRON_MAX, isCron, isTimeZone, TIME_ZONE_MAX, TIME_ZONE_PATTERN } from '#core/workbench/cron.ts';
import type { ScheduleRequest } from '#core/workbench/schedule-schema.ts';

const CRON = `five fields of cron, for example 30 8 * * 1-5, at most ${CRON_MAX} characters, with times that exist and are at least 15 minutes apart`;
const CRON_PATTERN = '^[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/-]+){4}$';
const TIME_ZONE = 'an IANA time zone, for example Europe/Berlin';
const SCHEDULE = 'start, stop or both, with time_zone; or null';

const FIELDS = 'minute, hour, day of the month, month, day of the week';

/** `schedule` of a request. */
export function scheduleBodySchema() {
  const cron = (description: string) =>
    z
      .string({ error: CRON })
      .check(
        z.refine(isCron, { error: CRON }),
        z.meta({ description, minLength: 9, maxLength: CRON_MAX, pattern: CRON_PATTERN }),
      );
  const timeZone = z.string({ error: TIME_ZONE }).check(
    z.refine(isTimeZone, { error: TIME_ZONE }),
    z.meta({
      description: 'The IANA name of the time zone of both.',
      minLength: 1,
      maxLength: TIME_ZONE_MAX,
      pattern: TIME_ZONE_PATTERN,
    }),
  );
  return z
    .strictObject(
      {
        start: z.optional(
          cron(`When it starts: a cron expression (${FIELDS}). A workbench that runs is not changed.`),
        ),
        stop: z.optional(cron('When it stops, with a warning 10 minutes before: a cron expression.')),
        time_zone: timeZone,
      },
      { error: SCHEDULE },
    )
    .check(
      z.refine(({ start, stop }) => start !== undefined || stop !== undefined, { error: SCHEDULE }),
      z.meta({ minProperties: 2 }),
    );
}

export function toSchedule({
  start,
  stop,
  time_zone: zone,
}: z.infer<ReturnType<typeof scheduleBodySchema>>): ScheduleRequest {
  return { zone, ...(start === undefined ? {} : { start }), ...(stop === undefined ? {} : { stop }) };
}

/** `schedule` of an item. */
export const presentedScheduleSchema = z.object({
  start: z.optional(z.string()),
  stop: z.optional(z.string()),
  time_zone: z.string(),
});
