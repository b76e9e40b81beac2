import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { choice, integer } from './setting-kinds.ts';

const LIFE_CYCLE = ['api', 'drive', 'events', 'schedules'];

function idleLimit(byDefault: number, description: string) {
  return integer({ description, readBy: LIFE_CYCLE, unit: 'min', min: 0, max: 1440, default: byDefault });
}

/** When running workbenches are stopped without a request: because they are not used, or because they ran long enough. */
export const IDLE_SETTINGS = {
  WB_IDLE_STOP_MINUTES: idleLimit(
    DEFAULT_POLICY.idleStopMinutes,
    'Stops a running workbench that was not used for this time, with a warning 10 minutes before (`idle`). At least 15; `0` stops none. It applies to workbenches that do not set `idle_stop_minutes`, from their next start. In a stage without `gateway` the default is `0`: without the gate it is not known who uses a workbench in a browser.',
  ),
  WB_IDLE_STOP_GPU_MINUTES: idleLimit(
    DEFAULT_POLICY.idleStopGpuMinutes,
    'The same for workbenches with GPUs.',
  ),
  WB_IDLE_STOP_NEVER: choice({
    description:
      'Whether users may set `idle_stop_minutes` to `null`, so that their workbench is never stopped for idleness.',
    values: ['true', 'false'],
    default: 'false',
    readBy: ['api'],
  }),
  WB_BUSY_HOLD_HOURS: integer({
    description:
      'How long busy processors hold an idle stop off after the last use of the workbench. With `0` they do not.',
    readBy: LIFE_CYCLE,
    unit: 'h',
    min: 0,
    max: 720,
    default: DEFAULT_POLICY.busyHoldMs / 3_600_000,
  }),
  WB_MAX_RUN_HOURS: integer({
    description:
      'Stops a workbench that has run for this time, used or not (`max_life`). Users can set a shorter time with `max_run_hours`. `0` means no limit.',
    readBy: LIFE_CYCLE,
    unit: 'h',
    min: 0,
    max: 8760,
    default: DEFAULT_POLICY.maxRunHours,
  }),
};
