import type { StatusReason } from '../reasons.ts';
import { truncateUtf8 } from '../truncate-utf8.ts';
import { DETAIL_MAX, type Pending, type Workbench } from '../workbench.ts';
import { type Context, driveNow, pollLater } from './context.ts';
import type { Effect, Input, Outcome } from './inputs.ts';
import type { Policy } from './policy.ts';
import { toRunning } from './run.ts';

/**
 * A workbench whose task is ready runs once the gate reaches it. Only starts ask the gate: a gate that fails later ends no run.
 * See docs/lifecycle.md#the-gate-at-a-start.
 */

/** Asks the gate whether it reaches the ready task of a start. */
export function probeEffects(workbench: Workbench, policy: Policy): readonly Effect[] {
  return isWaitingForGate(workbench, policy) ? [{ type: 'probe_gate', taskId: workbench.run.taskId }] : [];
}

/** Whether the task of a start is ready and the gate must still reach it. Not if the installation no longer has a gate. */
export function isWaitingForGate(
  workbench: Workbench,
  policy: Policy,
): workbench is Pending & { gateSilentSince: number } {
  const isReady = workbench.status === 'pending' && workbench.gateSilentSince !== undefined;
  return isReady && policy.gateSilentTimeoutMs > 0;
}

/** Applies what the gate said of the task, or that it said nothing. The result of an earlier task changes nothing. */
export function applyGateProbe(
  workbench: Workbench,
  { taskId, probe, askedAt }: Extract<Outcome, { type: 'gate_probed' }>,
  context: Context,
): Workbench {
  const { now, policy } = context;
  if (!isWaitingForGate(workbench, policy) || workbench.run.taskId !== taskId) return workbench;
  switch (probe.kind) {
    case 'reachable':
    case 'unsupported':
      return toRunning(workbench, workbench.run, context);
    case 'unreachable': {
      const detail = truncateUtf8(probe.detail, DETAIL_MAX);
      return pollLater({ ...workbench, detail, gateSilentSince: now }, context);
    }
    case 'silent': {
      // Since the request: the function may have been frozen after it.
      const at = Math.min(askedAt, now);
      const isSilentForLong = at - workbench.gateSilentSince >= policy.gateSilentTimeoutMs;
      const isAtDeadline = at >= workbench.deadlineAt && workbench.detail === undefined;
      return isSilentForLong || isAtDeadline
        ? toRunning(workbench, workbench.run, context)
        : pollLater(workbench, context);
    }
  }
}

/**
 * The deadline of a start that waits for the gate. It ends the start only if the gate has said that it cannot reach the workbench.
 * Otherwise the gate is asked once more, and its silence lets the workbench run.
 * @param stop ends the start with a reason
 */
export function applyGateDeadline(
  workbench: Pending,
  stop: (reason: StatusReason) => Workbench,
  context: Context,
): Workbench {
  const { detail, nextDriveAt } = workbench;
  if (detail !== undefined) return stop(toReason(detail));
  return nextDriveAt !== undefined && nextDriveAt <= context.now ? workbench : driveNow(workbench, context);
}

function toReason(detail: string): StatusReason {
  return {
    code: 'gate_unreachable',
    message: `The workbench became ready, but the gate could not reach it. Last seen: ${detail}. Start it again; if it fails again, tell the operator.`,
  };
}

/** Whether the workbench runs although the gate has not responded. */
export function isUnprobed(before: Workbench, after: Workbench, input: Input): boolean {
  if (before.status !== 'pending' || after.status !== 'running' || input.type !== 'outcomes') return false;
  const probes = input.outcomes.flatMap((outcome) =>
    outcome.type === 'gate_probed' ? [outcome.probe.kind] : [],
  );
  return probes.length > 0 && !probes.includes('reachable');
}
