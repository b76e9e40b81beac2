import type { HostObservation } from '../../ports/host-fleet.ts';
import { type Host, runOf, type Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow, pollLater } from './context.ts';
import { isHostEnded, isHostReady, requestedHost, withObservation } from './host.ts';
import type { Outcome } from './inputs.ts';
import { endLostRun, INSTANCE_LOST, isEnding } from './run.ts';
import { advanceEnding, beginStop } from './transitions.ts';

/** The answer to a launch or start of this generation. */
export function applyHostAccepted(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'host_accepted' }>,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.generation !== outcome.generation) return workbench;
  if (host.instanceId !== undefined && host.instanceId !== outcome.host.instanceId) return workbench;
  return withHost(workbench, withObservation(host, outcome.host), context);
}

/**
 * A launch that is refused gave no machine: another launch is another generation. A start that is refused
 * means that this machine as it is cannot be had: it is replaced.
 */
export function applyHostRefused(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'host_refused' }>,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.generation !== outcome.generation) return workbench;
  if (workbench.status === 'starting') {
    if (host.instanceId !== undefined) {
      // It may only be on its way to another state; without capacity, or for good, it is of no use.
      const passing = outcome.retryable && outcome.reason.code !== 'no_capacity';
      if (passing) return pollLater({ ...workbench, refusal: outcome.reason }, context);
      return driveNow({ ...workbench, host: { ...host, replacing: true }, refusal: outcome.reason }, context);
    }
    const next = requestedHost(host.instanceType, host.generation + 1);
    if (outcome.retryable) {
      const again = { ...workbench, host: next, refusal: outcome.reason, failures: 0 };
      return driveBy(again, context.now + context.policy.startRetryMs);
    }
    const { host: _none, ...without } = workbench;
    const after = { ...without, lastHostGeneration: host.generation };
    return beginStop(after, context, { reason: outcome.reason });
  }
  return host.instanceId === undefined ? withoutHost(workbench, context) : pollLater(workbench, context);
}

/** The wish was taken; whether it came true is seen by looking. */
export function applyHostStopRequested(
  workbench: Workbench,
  { type, instanceId }: Extract<Outcome, { type: 'host_stop_requested' | 'host_termination_requested' }>,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== instanceId) return workbench;
  const state = type === 'host_stop_requested' ? 'stopping' : 'shutting-down';
  return pollLater({ ...workbench, host: { ...host, state, agentConnected: false } }, context);
}

export function applyHostObservation(
  workbench: Workbench,
  seen: HostObservation,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== seen.instanceId) return workbench;
  return withHost(workbench, withObservation(host, seen), context);
}

/** An event says that the machine is not as recorded: worth a look. */
export function applyHostHint(workbench: Workbench, seen: HostObservation, context: Context): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== seen.instanceId) return workbench;
  const news = host.state !== seen.state || host.agentConnected !== seen.agentConnected;
  return news ? driveBy(workbench, context.now) : workbench;
}

function withHost(workbench: Workbench, host: Host, context: Context): Workbench {
  const run = runOf(workbench);
  // A machine that is stopped or terminated runs nothing: the proof that needs no agent.
  const after =
    isHostEnded(host) && run?.phase === 'accepted'
      ? endLostRun({ ...workbench, host }, run, INSTANCE_LOST, context)
      : { ...workbench, host };
  if (host.state === 'terminated') return withoutHost(after, context);
  if (isEnding(after))
    return advanceEnding(
      host.state === 'stopped' ? driveNow(after, context) : pollLater(after, context),
      context,
    );
  if (after.status === 'starting') {
    const moves = isHostReady(host) || host.state === 'stopped';
    return moves ? driveNow(after, context) : pollLater(after, context);
  }
  const asWanted = after.status === 'stopped' ? host.state === 'stopped' : isHostReady(host);
  return asWanted ? after : pollLater(after, context);
}

/** The machine is no more. A start that needs one launches another, under a new token. */
function withoutHost(workbench: Workbench, context: Context): Workbench {
  const { host, ...rest } = workbench;
  const without = { ...rest, ...(host ? { lastHostGeneration: host.generation } : {}) };
  if (workbench.status === 'starting' && host) {
    const next = requestedHost(host.instanceType, host.generation + 1);
    return driveNow({ ...workbench, host: next }, context);
  }
  if (isEnding(without as Workbench)) {
    return advanceEnding(
      driveNow(without as Extract<Workbench, { status: 'stopping' | 'deleting' }>, context),
      context,
    );
  }
  return without as Workbench;
}
