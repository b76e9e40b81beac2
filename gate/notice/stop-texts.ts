import type { StopNotice } from '#core/gate/stop-notice.ts';
import type { ReasonCode } from '#core/workbench/reasons.ts';

/** Why the workbench stops, and what the visitor can do, behind `This workbench stops in 9 minutes`. */
const TEXTS: Readonly<Partial<Record<ReasonCode, string>>> = {
  max_life: 'because its run has lasted as long as it may. Save your work; you can start it again.',
  stop_at: 'because it was to be stopped at this time. Save your work.',
  machine_drained: 'because an operator empties its machine. Save your work.',
  spot_interrupted: 'because AWS takes its instance back. Save your work.',
};

export function describeStop({ code, canExtend }: StopNotice): string {
  if (code === 'idle')
    return `because it is not used. Use it${canExtend ? ' or extend it' : ''} to keep it running.`;
  if (code === 'schedule')
    return `because of its schedule. Save your work${canExtend ? ', or extend it' : ''}.`;
  return TEXTS[code] ?? 'as planned. Save your work.';
}
