import type { HourlyRates } from '../../cost/rates.ts';
import type { HostObservation } from '../../ports/host-fleet.ts';
import { isHostEnded, isHostOn, isHostReady } from '../host-state.ts';
import { REASON_MESSAGE_MAX, type StatusReason } from '../reasons.ts';
import { truncateUtf8 } from '../truncate-utf8.ts';
import { type Host, runOf, type Starting, type Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow, pollLater } from './context.ts';
import { postponedHost, requestedHost, withObservation } from './host.ts';
import type { Outcome } from './inputs.ts';
import { endLostRun, INSTANCE_LOST, isEnding } from './run.ts';
import { advanceEnding, beginStop } from './transitions.ts';

/** Applies the result of a successful launch or start of this generation. */
export function applyHostAccepted(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'host_accepted' }>,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.generation !== outcome.generation) return workbench;
  if (host.instanceId !== undefined && host.instanceId !== outcome.host.instanceId) return workbench;
  const priced = withRates(host, outcome.rates);
  return withHost(workbench, withObservation(priced, outcome.host), context, outcome.host.stateReason);
}

/** The prices at the launch or start of the instance. Those of an earlier start stay if they are no longer known. */
function withRates(host: Host, rates: HourlyRates | undefined): Host {
  return rates === undefined ? host : { ...host, rate: rates.running, diskRate: rates.stopped };
}

/**
 * Applies a refusal. A refused launch created no instance: the next launch uses the next generation. If a start is refused
 * for lack of capacity or permanently, the host is replaced.
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
      // Other retryable refusals are temporary, for example while the instance changes its state.
      const temporary = outcome.retryable && outcome.reason.code !== 'no_capacity';
      if (temporary) return pollLater({ ...workbench, refusal: outcome.reason }, context);
      return driveNow({ ...workbench, host: { ...host, replacing: true }, refusal: outcome.reason }, context);
    }
    return outcome.retryable
      ? launchLater(workbench, host, outcome.reason, context)
      : giveUpLaunch(workbench, host, outcome.reason, context);
  }
  return host.instanceId === undefined ? withoutHost(workbench, context) : pollLater(workbench, context);
}

/**
 * EC2 accepted the stop or termination. Polling the host shows when it has taken effect. A host that is being terminated is not used
 * again, even if EC2 shows it as running, and its end is no failed launch of a start that has begun since.
 */
export function applyHostStopRequested(
  workbench: Workbench,
  { type, instanceId }: Extract<Outcome, { type: 'host_stop_requested' | 'host_termination_requested' }>,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== instanceId) return workbench;
  const requested: Pick<Host, 'state' | 'replacing'> =
    type === 'host_stop_requested' ? { state: 'stopping' } : { state: 'shutting-down', replacing: true };
  return pollLater({ ...workbench, host: { ...host, ...requested, agentConnected: false } }, context);
}

export function applyHostObservation(
  workbench: Workbench,
  observation: HostObservation,
  context: Context,
): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== observation.instanceId) return workbench;
  return withHost(workbench, withObservation(host, observation), context, observation.stateReason);
}

/** A hint that differs from the record makes the record due, so that the host is read again. */
export function applyHostHint(workbench: Workbench, hint: HostObservation, context: Context): Workbench {
  const { host } = workbench;
  if (host?.instanceId !== hint.instanceId) return workbench;
  const differs = host.state !== hint.state || host.agentConnected !== hint.agentConnected;
  if (!differs) return workbench;
  // A delayed call may have started the host after its stop. Nothing reads a host that is known to be stopped as it should be.
  const isStarted = workbench.status === 'stopped' && host.state === 'stopped' && isHostOn(hint);
  return isStarted
    ? driveNow({ ...workbench, host: { ...host, state: 'unknown' } }, context)
    : driveBy(workbench, context.now);
}

/** @param stateReason why the instance is in this state, if the platform says so */
function withHost(
  workbench: Workbench,
  host: Host,
  context: Context,
  stateReason: string | undefined,
): Workbench {
  const run = runOf(workbench);
  // Nothing runs on a stopped or terminated host. This proves the end of the run even if the agent is silent.
  const after =
    isHostEnded(host) && run?.phase === 'accepted'
      ? endLostRun({ ...workbench, host }, run, INSTANCE_LOST, context)
      : { ...workbench, host };
  if (host.state === 'terminated') {
    // Without a registered capacity it was never ready.
    const neverReady = host.cpuUnits === undefined && !host.replacing && !host.drained;
    if (after.status === 'starting' && neverReady)
      return applyFailedLaunch(after, host, stateReason, context);
    return withoutHost(after, context);
  }
  if (isEnding(after))
    return advanceEnding(
      host.state === 'stopped' ? driveNow(after, context) : pollLater(after, context),
      context,
    );
  if (after.status === 'starting') {
    const hasNextEffect = isHostReady(host) || host.state === 'stopped';
    return hasNextEffect ? driveNow(after, context) : pollLater(after, context);
  }
  const isAsDesired = after.status === 'stopped' ? host.state === 'stopped' : isHostReady(host);
  return isAsDesired ? after : pollLater(after, context);
}

/**
 * The instance of a launch ended before it was ready, for example because its volume could not be created. The next launch
 * waits, because most causes of this last; after a few launches the start is given up.
 */
function applyFailedLaunch(
  workbench: Starting,
  host: Host,
  stateReason = 'EC2 gives no reason.',
  context: Context,
): Workbench {
  const failedLaunches = (host.failedLaunches ?? 0) + 1;
  const message = `The new instance ended before it was ready: ${stateReason}`;
  const reason: StatusReason = {
    code: 'start_refused',
    message: truncateUtf8(message, REASON_MESSAGE_MAX),
  };
  return failedLaunches >= context.policy.hostLaunchesMax
    ? giveUpLaunch(workbench, host, reason, context)
    : launchLater(workbench, { ...host, failedLaunches }, reason, context);
}

/** The next generation is launched after the retry interval, even if the record is driven earlier. */
function launchLater(workbench: Starting, host: Host, refusal: StatusReason, context: Context): Workbench {
  const launchAfter = context.now + context.policy.startRetryMs;
  const next = postponedHost(host, launchAfter);
  return { ...workbench, host: next, refusal, failures: 0, nextDriveAt: launchAfter };
}

/** No instance of this host exists. */
function giveUpLaunch(
  { host: _none, ...workbench }: Starting,
  { generation }: Host,
  reason: StatusReason,
  context: Context,
): Workbench {
  return beginStop({ ...workbench, lastHostGeneration: generation }, context, { reason });
}

/** The host no longer exists. A start launches the next generation, with another client token. */
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
