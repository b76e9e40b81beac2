import type { Mutant } from './mutants.ts';

const CRON = 'core/workbench/cron.ts';
const SCHEDULE = 'core/workbench/lifecycle/schedule.ts';

/** Mistakes in starts and stops by the schedules of workbenches. */
export const TIMETABLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'schedule-in-utc',
    description: 'reads the times of a schedule in UTC',
    file: CRON,
    find: 'new Cron(cron, { timezone,',
    replace: "new Cron(cron, { timezone: timezone && 'UTC',",
  },
  {
    name: 'schedule-twice-on-doubled-hour',
    description:
      'starts and stops twice, or not at all, when the clocks change, if a schedule lists several minutes',
    file: CRON,
    find: "fixedTimeRule: 'no-wildcard'",
    replace: "fixedTimeRule: 'single-value'",
  },
  {
    name: 'schedule-of-offset-when-set',
    description: 'adds the offset of the zone at the time of the calculation, as if the clocks never changed',
    file: CRON,
    find: '    return parse(cron, timeZone).nextRun(new Date(after))?.getTime();',
    replace: `    const shown = new Date(new Date(after).toLocaleString('en-US', { timeZone }) + ' UTC').getTime();
    const offset = Math.round((shown - after) / 60_000) * 60_000;
    const next = parse(cron, 'UTC').nextRun(new Date(after + offset))?.getTime();
    return next === undefined ? undefined : next - offset;`,
  },
  {
    name: 'schedule-of-removed',
    description: 'keeps a schedule that was removed',
    file: SCHEDULE,
    find: 'if (schedule === null) return rest as Workbench;',
    replace: 'if (schedule === null) return workbench;',
  },
  {
    name: 'schedule-never-due',
    description: 'does not make a stopped workbench due for the start by its schedule',
    file: 'core/workbench/planned-stop.ts',
    find: '...(schedule?.nextStartAt === undefined ? [] : [schedule.nextStartAt]),',
    replace: '',
  },
  {
    name: 'schedule-start-ignores-quota',
    description: 'checks no quota when a schedule starts a workbench',
    file: 'core/workbench/update-record.ts',
    find: 'const isHeld = await holdMore(ports, policy, workbench, current, groups);',
    replace: `const isStart = current.schedule?.nextStartAt !== undefined && input(current).type === 'tick';
      const isHeld = !isStart && (await holdMore(ports, policy, workbench, current, groups));`,
  },
  {
    name: 'schedule-stop-in-silence',
    description: 'stops without a warning a workbench that could not be warned in time',
    file: SCHEDULE,
    find: "  if (state !== 'warned') {\n    // It was",
    replace: "  if (state !== 'warned' && now < nextStopAt) {\n    // It was",
  },
  {
    name: 'schedule-warn-too-late',
    description: 'does not put off a stop whose warning was late',
    file: SCHEDULE,
    find: 'const later = Math.max(nextStopAt, now + SCHEDULE_WARNING_MS);',
    replace: 'const later = nextStopAt;',
  },
  {
    name: 'schedule-ignore-extension',
    description: 'stops a workbench that was extended',
    file: SCHEDULE,
    find: 'if (schedule.nextStopAt >= until) return workbench;',
    replace: 'if (schedule.nextStopAt >= 0) return workbench;',
  },
  {
    name: 'schedule-forget-manual-stop',
    description: 'starts a workbench whose user has stopped it after the time of the start',
    file: SCHEDULE,
    find: 'return at <= now ? withNextTime(workbench, now) : workbench;',
    replace: 'return workbench;',
  },
  {
    name: 'schedule-retry-refused-start',
    description: 'tries a start again that a quota has refused',
    file: SCHEDULE,
    find: "  return withState(withNextTime(workbench, now), 'refused');",
    replace: "  return withState(workbench, 'refused');",
  },
  {
    name: 'schedule-stop-late-starter',
    description: 'stops a workbench that was still starting at the time of the stop',
    file: SCHEDULE,
    find: 'if (nextStopAt <= (workbench.readyAt ?? 0)) return withNextTime(workbench, now);',
    replace: '',
  },
];
