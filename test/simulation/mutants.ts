import { COST_MUTANTS } from './mutants-of-costs.ts';
import { DELETION_MUTANTS } from './mutants-of-deletions.ts';
import { EVENT_MUTANTS } from './mutants-of-events.ts';
import { IDLE_MUTANTS } from './mutants-of-idle.ts';
import { LINK_MUTANTS } from './mutants-of-links.ts';
import { OWNER_MUTANTS } from './mutants-of-owners.ts';
import { QUOTA_MUTANTS } from './mutants-of-quotas.ts';
import { REACH_MUTANTS } from './mutants-of-reach.ts';
import { RETENTION_MUTANTS } from './mutants-of-retention.ts';
import { RIGHTS_MUTANTS } from './mutants-of-rights.ts';
import { TIMETABLE_MUTANTS } from './mutants-of-timetables.ts';
import type { AwsHazard } from './world/hazards.ts';

/**
 * A bug that is planted in the product by replacing source text. The simulation must find each. `find` must occur exactly
 * once in the file; mutants.test.ts checks it.
 */
export interface Mutant {
  readonly name: string;
  /** The mistake that a developer could have made. */
  readonly description: string;
  /** The hazards of AWS with which the bug breaks a rule. */
  readonly hazards?: readonly AwsHazard[];
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const LIFECYCLE = 'core/workbench/lifecycle';

export const MUTANTS: readonly Mutant[] = [
  ...DELETION_MUTANTS,
  ...OWNER_MUTANTS,
  ...COST_MUTANTS,
  ...QUOTA_MUTANTS,
  ...IDLE_MUTANTS,
  ...RETENTION_MUTANTS,
  ...RIGHTS_MUTANTS,
  ...LINK_MUTANTS,
  ...EVENT_MUTANTS,
  ...TIMETABLE_MUTANTS,
  ...REACH_MUTANTS,
  {
    name: 'act-before-intent',
    description: 'sends RunTask before the record says that it may have been sent',
    file: 'core/workbench/execute-effect.ts',
    find: "    case 'place_run':\n      return placeRun(ports.catalog, workbench, effect);",
    replace:
      "    case 'place_run': {\n      const placed = await placeRun(ports.catalog, workbench, effect);\n      if (placed.type !== 'run_placed') return placed;\n      const { userId, workbenchId, name, spec, mount } = workbench;\n      const { runId, attempt } = effect;\n      const input = { userId, workbenchId, runId, attempt, name, ...spec, placement: placed.placement, mount: mount ?? {} };\n      await tasks.run(input as never, [workbenchId, runId, attempt].join('/'));\n      return placed;\n    }",
  },
  {
    name: 'drop-issued-run',
    description: 'drops a run whose RunTask has an unknown outcome',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "if (run.phase === 'preparing' && run.goneAfter === undefined) return {};",
    replace: "if (run.phase !== 'accepted') return {};",
  },
  {
    name: 'forget-delayed-calls',
    description: 'ends a stop at a refusal although a delayed RunTask call may still start a task',
    file: `${LIFECYCLE}/run.ts`,
    find: 'const goneAfter = outcome.retryable ? { goneAfter: context.now + EFFECT_ENDS_WITHIN_MS } : {};',
    replace: 'const goneAfter: { goneAfter?: number } = {};',
  },
  {
    name: 'token-per-workbench',
    description: 'uses one client token for all runs of a workbench',
    file: `${LIFECYCLE}/effects.ts`,
    find: 'return `${input.workbenchId}/${input.runId}/${input.attempt}`;',
    replace: 'return `${input.workbenchId}`;',
  },
  {
    name: 'token-per-call',
    description: 'retries RunTask with a new client token after a timeout',
    file: 'core/workbench/execute-effect.ts',
    find: 'const outcome = await tasks.run(effect.input, effect.token);',
    replace: 'const outcome = await tasks.run(effect.input, `${effect.token}/${workbench.revision}`);',
  },
  {
    name: 'ignore-task-version',
    description: 'accepts an observation that is older than the record',
    file: `${LIFECYCLE}/run.ts`,
    find: "if (run.phase === 'accepted' && task.version < run.taskVersion) return workbench;",
    replace: '',
  },
  {
    name: 'ignore-run-id',
    description: 'accepts the observation of another run for the current run',
    file: `${LIFECYCLE}/run.ts`,
    find: "  if (!run || run.phase === 'preparing' || !isSameAttempt(run, task))\n    return observeUnexpectedTask(workbench, task, context);\n  if (run.phase === 'accepted' && run.taskId !== task.taskId)\n    return observeUnexpectedTask(workbench, task, context);",
    replace:
      "  if (!run || run.phase === 'preparing') return observeUnexpectedTask(workbench, task, context);",
  },
  {
    name: 'delete-volume-before-run-gone',
    description: 'deletes the files while the task may still run',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "...(workbench.status === 'stopped' ? {} : withRun(workbench.run)),",
    replace: '',
  },
  {
    name: 'no-stop-settle-period',
    description: 'concludes from a STOPPED task that its container has ended',
    file: `${LIFECYCLE}/run.ts`,
    find: 'if (task.instance === undefined || context.policy.stopSettleMs === 0) return endRun(explained, context);',
    replace: 'return endRun(explained, context);',
  },
  {
    name: 'trust-disconnected-agent',
    description: 'trusts the last state that a disconnected agent has reported',
    file: `${LIFECYCLE}/run.ts`,
    find: 'if (isAgentSilent(task)) return pollLater(explained, context);',
    replace: '',
  },
  {
    name: 'start-before-old-run-gone',
    description: 'starts the next run before the old run has ended',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "return { ...workbench, desired: 'running', nextRun: { runId, requestedAt: now }, nextDriveAt: now };",
    replace:
      "return { ...workbench, run: undefined, status: 'starting', desired: 'running', deadlineAt: now + 900000, nextDriveAt: now, ...{ run: { phase: 'preparing', runId, attempt: 1 } } } as never;",
  },
  {
    name: 'drop-stop-while-starting',
    description: 'ignores a stop that is requested during a start',
    file: `${LIFECYCLE}/requests.ts`,
    find: '      const stopping = beginStop(workbench, context);',
    replace:
      "      if (workbench.status === 'starting' || workbench.status === 'provisioning') return { ...workbench, nextDriveAt: context.now + 1 };\n      const stopping = beginStop(workbench, context);",
  },
  {
    name: 'no-start-deadline',
    description: 'lets a start wait indefinitely',
    file: `${LIFECYCLE}/deadlines.ts`,
    find: 'context.now < workbench.deadlineAt)',
    replace: 'context.now > 0)',
  },
  {
    name: 'no-stop-effects',
    description: 'requires no effects for a stopping workbench',
    file: `${LIFECYCLE}/effects.ts`,
    find: 'if (workbench.run) return effectsForEndingRun(workbench, workbench.run, now, policy);',
    replace: 'if (workbench.run) return [];',
  },
  {
    name: 'fail-start-on-throttle',
    description: 'fails a start at the first throttle',
    file: `${LIFECYCLE}/step.ts`,
    find: "const waiting =\n        result.kind === 'unavailable' ? workbench : pauseDeadline(workbench, result.kind, context);",
    replace:
      "if (result.kind === 'throttled' && workbench.status === 'starting') return applyRequest(workbench, { type: 'stop', by: 'us' }, context);\n      const waiting = workbench;",
  },
  {
    name: 'sweep-due-sends-nothing',
    description: 'never enqueues due workbenches in the sweep',
    file: 'core/reconcile/sweep-due.ts',
    find: 'for (const key of keys) if (await enqueueKey(ports, key)) enqueued += 1;',
    replace: '',
  },
  {
    name: 'never-delete-orphans',
    description: 'never deletes orphans',
    file: 'core/reconcile/orphans.ts',
    find: 'for (const orphan of old) {',
    replace: 'for (const orphan of old.slice(0, 0)) {',
  },
  {
    name: 'no-grace-period',
    description: 'deletes orphans within their grace period',
    file: 'core/reconcile/orphans.ts',
    find: 'createdAt === undefined || begun - createdAt >= graceMs',
    replace: 'createdAt === undefined || begun - createdAt >= 0',
  },
  {
    name: 'ignore-unexpected-tasks',
    description: 'runs although a task of another run is live',
    file: `${LIFECYCLE}/unexpected-tasks.ts`,
    find: 'return driveNow({ ...workbench, unexpectedTasks: [...workbench.unexpectedTasks, { taskId }] }, context);',
    replace: 'return workbench;',
  },
  {
    name: 'stopped-while-host-runs',
    description: 'reports a workbench as stopped while its host still runs',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "if (workbench.host && workbench.host.state !== 'stopped') return workbench;",
    replace: '',
  },
  {
    name: 'keep-container-instance-registered',
    description: 'terminates a stopped host without deregistering its container instance',
    file: 'adapters/aws/ec2/host-fleet.ts',
    find: "if (stateOf(instance) === 'terminated' && known?.containerInstanceArn !== undefined) {",
    replace: 'if (known === null) {',
  },
  {
    name: 'drop-issued-launch',
    description: 'drops a host whose launch has an unknown outcome',
    file: `${LIFECYCLE}/host.ts`,
    find: '  if (instanceId === undefined) {',
    replace:
      "  if (instanceId === undefined && target !== 'ready') return [];\n  if (instanceId === undefined) {",
  },
  {
    name: 'accept-stale-observation',
    description: 'accepts an observation of a host that was made before the record changed',
    file: `${LIFECYCLE}/step.ts`,
    find: 'return asOfRevision !== undefined && asOfRevision !== revision;',
    replace: 'return asOfRevision !== undefined && asOfRevision > revision;',
  },
  {
    name: 'send-after-freeze',
    description: 'sends a call however long the function was frozen before',
    file: 'adapters/aws/send-deadline.ts',
    find: 'if (ageOf(startedAt, clock) < SEND_DEADLINE_MS) return;',
    replace: 'if (ageOf(startedAt, clock) >= 0) return;',
  },
  {
    name: 'request-after-freeze',
    description: 'applies a request however long the function was frozen before',
    file: 'core/workbench/update-record.ts',
    find: '    checkDeadline();\n    before = current;',
    replace: '    before = current;',
  },
  {
    name: 'write-without-revision',
    description: 'overwrites a concurrent write',
    file: 'core/workbench/update-record.ts',
    find: '    current = await ports.workbenches.read(key);\n  }\n  throw',
    replace: '    current = undefined;\n  }\n  throw',
  },
  {
    name: 'no-forward-to-drive-host',
    description: 'treats a workbench that needs a host as driven without forwarding it to `drive-host`',
    file: 'functions/drive/drive-batch.ts',
    find: 'if (queue !== undefined) return forward(key, error.queue, queue);',
    replace: "if (queue !== undefined) return error.queue === 'host' || forward(key, error.queue, queue);",
  },
  {
    name: 'no-forward-to-drive-delete',
    description:
      'treats a workbench whose files are to be deleted as driven without forwarding it to `drive-delete`',
    file: 'functions/drive/drive-batch.ts',
    find: 'if (queue !== undefined) return forward(key, error.queue, queue);',
    replace: "if (queue !== undefined) return error.queue === 'delete' || forward(key, error.queue, queue);",
  },
  {
    name: 'circulate-deletions',
    description: '`drive-delete` sends a workbench whose files are to be deleted back to `drive`',
    file: 'functions/drive/unavailable-ports.ts',
    find: 'volumes: { ensure: inDrive, deleteSlice: (workbenchId) => volumes.deleteSlice(workbenchId) },',
    replace: 'volumes: { ensure: inDrive, deleteSlice: inDrive },',
  },
  {
    name: 'strip-unknown-fields',
    description: 'drops fields that a newer version wrote when it reads a record',
    file: 'core/workbench/open-schema.ts',
    find: 'return z.looseObject(shape) as unknown as OpenObject<S>;',
    replace: 'return z.object(shape) as unknown as OpenObject<S>;',
  },
  {
    name: 'drop-unknown-fields-on-transition',
    description: 'drops fields that a newer version wrote when the status changes',
    file: 'core/workbench/variant-fields.ts',
    find: 'value !== undefined && (keep(name) || !known.has(name))',
    replace: 'value !== undefined && known.has(name) && keep(name)',
  },
  {
    name: 'replace-unknown-reason',
    description: 'writes the fallback back instead of the reason code that a newer version wrote',
    file: 'core/workbench/open-schema.ts',
    find: 'return { ...rest, ...Object.fromEntries(restored) };',
    replace: 'return rest;',
  },
  {
    name: 'token-without-end',
    description: 'does not know the error of a launch whose instance has ended',
    hazards: ['launchTokenEnded', 'launchDies'],
    file: 'adapters/aws/errors.ts',
    find: "launchTokenEnded: ['IdempotentInstanceTerminated'],",
    replace: 'launchTokenEnded: [],',
  },
  {
    name: 'launch-at-once',
    description: 'launches the next instance without a delay',
    hazards: ['launchDies'],
    file: `${LIFECYCLE}/host-outcomes.ts`,
    find: 'const launchAfter = context.now + context.policy.startRetryMs;',
    replace: 'const launchAfter = context.now;',
  },
  {
    name: 'launch-without-end',
    description: 'never gives up launching instances that end before they are ready',
    hazards: ['launchDies'],
    file: `${LIFECYCLE}/host-outcomes.ts`,
    find: 'return failedLaunches >= context.policy.hostLaunchesMax',
    replace: 'return failedLaunches > 1_000',
  },
  {
    name: 'forget-the-state-reason',
    description: 'does not say why a new instance ended',
    hazards: ['launchDies'],
    file: `${LIFECYCLE}/host-outcomes.ts`,
    find: 'const message = `The new instance ended before it was ready: ${stateReason}`;',
    replace: "const message = stateReason === '' ? '' : 'Task failed to start';",
  },
  {
    name: 'quota-is-final',
    description: 'ends a start at a quota of the account, which may be raised',
    hazards: ['launchLimited'],
    file: 'adapters/aws/ec2/host-fleet.ts',
    find: "return toRefusal('no_capacity', message, true);",
    replace: "return toRefusal('no_capacity', message, isAwsError(error, 'noCapacity'));",
  },
  {
    name: 'believe-the-conclusion',
    description: 'counts a task as ended because ECS has concluded so, without a report of its agent',
    hazards: ['endsEarly'],
    file: 'adapters/aws/ecs/task-observation.ts',
    find: "if (status === 'stopped' && !isReportedByAgent({ ...task, containers })) return 'unknown';",
    replace: '',
  },
  {
    name: 'ending-is-gone',
    description: 'counts an instance as gone as soon as EC2 begins to end it',
    hazards: ['endsEarly'],
    file: 'adapters/aws/ecs/task-runner.ts',
    find: "return 'ending';",
    replace: "return 'gone';",
  },
  {
    name: 'believe-ec2-at-once',
    description:
      'counts a task that ECS has concluded as ended because EC2 still reports its instance as running',
    file: 'adapters/aws/ecs/task-runner.ts',
    find: "const doubt = instance === 'connected' ? settlesMs.get(task) : undefined;",
    replace: 'const doubt = undefined;',
  },
  {
    name: 'believe-the-stop-request',
    description: 'counts a task as stopped once its stop was requested',
    file: `${LIFECYCLE}/run.ts`,
    find: "  if (task.status !== 'stopped')\n    return run.stopRequestedAt === undefined ? driveNow(explained, context) : pollLater(explained, context);",
    replace:
      "  if (task.status !== 'stopped' && run.stopRequestedAt === undefined) return driveNow(explained, context);",
  },
  {
    name: 'retry-without-end',
    description: 'retries a failed start without a limit',
    file: `${LIFECYCLE}/transitions.ts`,
    find: '  if (failedStarts >= context.policy.startAttemptsMax || !isRetryAllowed(requestedAt, context))\n    return undefined;',
    replace: '',
  },
  {
    name: 'retry-after-running',
    description: 'retries the start of a workbench that has run',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "if (workbench.status === 'running') return undefined;",
    replace: '',
  },
  {
    name: 'retry-despite-stop',
    description: 'retries a failed start although a stop was requested meanwhile',
    file: `${LIFECYCLE}/requests.ts`,
    find: "if (nextRun?.retry === undefined) return { ...rest, desired: 'stopped' };",
    replace:
      "if (nextRun?.retry !== undefined) return workbench;\n  if (nextRun?.retry === undefined) return { ...rest, desired: 'stopped' };",
  },
  {
    name: 'ahead-takes-all',
    description:
      'continues to register task definitions after a throttle, although starts need the registrations',
    file: 'core/reconcile/register-ahead.ts',
    find: '    if (isThrottled(error)) throw error;\n',
    replace: '',
  },
  {
    name: 'lose-the-reason',
    description: 'ignores the reason of the container',
    hazards: ['diskFull', 'mountSlow'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: "[...workbench.map(({ reason = '' }) => reason), specific]",
    replace: '[specific]',
  },
  {
    name: 'give-up-at-denied',
    description: 'ends a start because RunTask is denied for some minutes',
    hazards: ['accessDenied'],
    file: 'adapters/aws/ecs/task-runner.ts',
    find: 'at present (${name}).`, true)',
    replace: 'at present (${name}).`, false)',
  },
  {
    name: 'deaf-to-the-warning',
    description: 'ignores that AWS is about to end an instance',
    hazards: ['spotInterrupted'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: 'return { ...workbench, run: { ...run, interruption } };',
    replace:
      "return interruption.kind === 'unknown' ? { ...workbench, run: { ...run, interruption } } : workbench;",
  },
  {
    name: 'restart-unasked',
    description: 'starts a workbench again after an interruption although its owner did not ask for it',
    hazards: ['spotInterrupted'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: "spec.onInterruption !== 'restart'",
    replace: "spec.onInterruption === 'unknown'",
  },
  {
    name: 'restart-forgotten',
    description: 'never starts a workbench again after an interruption',
    hazards: ['spotInterrupted'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: "spec.onInterruption !== 'restart'",
    replace: "spec.onInterruption !== 'unknown'",
  },
  {
    name: 'restart-a-start',
    description: 'starts a workbench again after an interruption although its start has no attempt left',
    file: `${LIFECYCLE}/interruption.ts`,
    find: '|| readyAt === undefined) return { desired };',
    replace: ') return { desired };',
  },
  {
    name: 'stop-on-drain',
    description: 'stops a workbench because its instance is being replaced, although it may run for days',
    hazards: ['drainedByGroup', 'refreshed'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: "kind === 'spot' ? { kind, stopAt: Math.min(at, now) + policy.interruptionStopMs } : { kind };",
    replace: '{ kind, stopAt: Math.min(at, now) + policy.interruptionStopMs };',
  },
  {
    name: 'interfaces-uncounted',
    description:
      'stores the free capacity of an instance without regard to the network interfaces of its tasks',
    file: 'core/placement/capacity.ts',
    find: 'const interfaces = Math.max(0, interfacesOf(provider, observation) - tasks);',
    replace: 'const interfaces = interfacesOf(provider, observation);',
  },
  {
    name: 'believe-the-setting',
    description: 'expects a trunk interface on every instance because the setting turns it on',
    file: 'core/placement/capacity.ts',
    find: 'return trunked ? trunkedInterfaces : untrunkedInterfaces;',
    replace: 'return interfaces;',
  },
  {
    name: 'full-subnet-is-final',
    description: 'ends a start because one subnet has no free address',
    hazards: ['subnetFull'],
    file: 'adapters/aws/ec2/host-fleet.ts',
    find: "return toRefusal('no_capacity', message, true);",
    replace:
      "return toRefusal('no_capacity', message, errorNameOf(error) !== 'InsufficientFreeAddressesInSubnet');",
  },
  {
    name: 'interface-failure-is-final',
    description: 'retries only the failures that a container explains, and no failure of a network interface',
    hazards: ['interfaceTimesOut', 'interfaceIndexUsed'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: "return !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));",
    replace: "return containers.some(({ reason = '' }) => reason !== '' && !MOUNT_POINT_OWNED.test(reason));",
  },
  {
    name: 'storage-failure-is-final',
    description: 'ends a start at a mount that failed',
    hazards: ['mountSlow'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: "return !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));",
    replace:
      "return code !== 'storage_failed' && !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));",
  },
  {
    name: 'pull-failure-is-final',
    description: 'ends a start at a pull that failed',
    hazards: ['pullThrottled', 'pullFails'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: "return !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));",
    replace:
      "return code !== 'image_pull_failed' && !containers.some(({ reason = '' }) => MOUNT_POINT_OWNED.test(reason));",
  },
  {
    name: 'mount-errors-unknown',
    description: 'does not know under which names the errors of the volume plugin are reported',
    hazards: ['mountSlow'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: '[/VolumeDriver\\.|amazon-ecs-volume-plugin|\\/var\\/lib\\/ecs\\/volumes\\//, ',
    replace: '[/^EFS mount failed/, ',
  },
  {
    name: 'detaching-is-stopped',
    description: 'counts a task as stopped although ECS has not detached its network interface yet',
    hazards: ['stopGivenUp', 'interfaceDetachSlow'],
    file: 'adapters/aws/ecs/task-observation.ts',
    find: "['DEPROVISIONING', 'stopping'],",
    replace: "['DEPROVISIONING', 'stopped'],",
  },
  {
    name: 'overdue-stop-has-ended',
    description:
      'counts a run as ended if its requested stop is overdue and the agent of its instance is connected',
    hazards: ['dockerHangs'],
    file: `${LIFECYCLE}/deadlines.ts`,
    find: 'return { ...workbench, overdue: true };',
    replace:
      "if (workbench.run?.phase === 'accepted' && workbench.run.stopRequestedAt !== undefined && workbench.run.agentSilentSince === undefined)\n        return endRun(workbench, context);\n      return { ...workbench, overdue: true };",
  },
  {
    name: 'other-container-explains',
    description: 'explains the end of a task by the failure of its readiness container',
    hazards: ['companionFails'],
    file: 'adapters/aws/ecs/stop-reasons.ts',
    find: 'return named.length === 0 ? containers : named;',
    replace: 'return named.length === 0 ? named : containers;',
  },
  {
    name: 'restart-unannounced',
    description: 'starts a workbench again although AWS has not announced the end of its instance',
    hazards: ['groupReplaces'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: "(reason.code === 'instance_lost' && run?.interruption !== undefined);",
    replace: "reason.code === 'instance_lost';",
  },
  {
    name: 'hidden-definition-is-final',
    description: 'ends a start because RunTask does not find its new task definition yet',
    hazards: ['definitionHidden'],
    file: 'adapters/aws/ecs/task-runner.ts',
    find: "throw new PortError('throttled', `ecs RunTask: ${errorNameOf(error)}`, error);",
    replace: 'return toRefusal(`ECS refused to start the task (${errorNameOf(error)}).`, false);',
  },
  {
    name: 'due-kept-far',
    description: 'takes the times of a record as they are that was written before the clock was set back',
    hazards: ['clockSteps'],
    file: `${LIFECYCLE}/gap.ts`,
    find: 'return updatedAt - now > CLOCK_DIFFERENCE_MAX_MS;',
    replace: 'return updatedAt - now > 1e12;',
  },
  {
    name: 'gate-keeps-upstream',
    description: 'forwards to the address that the gate has read first, beyond the run that had it',
    hazards: ['addressReused'],
    file: 'gate/workbench-records.ts',
    find: 'const isFresh = cached !== undefined && ageOf(cached.readAt, timers) < cacheTtlMs;',
    replace: 'if (cached !== undefined) return cached.record;\n    const isFresh = false;',
  },
  {
    name: 'gate-forgets-origin',
    description: 'forwards what a page of another workbench sends with the cookie of the visitor',
    file: 'core/gate/decide-request.ts',
    find: "  if (isRefusedForOrigin(request, visitor)) return { kind: 'foreign_origin' };\n",
    replace: '',
  },
  {
    name: 'gate-keeps-tickets',
    description: 'accepts a ticket again that it has accepted before, as after a reload of the page',
    file: 'gate/session/ticket-exchange.ts',
    find: 'const ticket = await tickets.burn(hash);',
    replace:
      'const burnt = await tickets.burn(hash);\n    this.accepted ??= new Map();\n    if (burnt !== undefined) this.accepted.set(hash, burnt);\n    const ticket = this.accepted.get(hash);',
  },
  {
    name: 'gate-keeps-rights',
    description: 'reads once whether the sessions of a user were ended',
    file: 'gate/session/visitor-reader.ts',
    find: 'const usable = cached !== undefined && ageOf(cached.readAt, this.#timers) < CUTOFF_MAX_AGE_MS;',
    replace:
      'if (cached !== undefined) return { ...cached, readAt: momentOf(this.#timers) };\n    const usable = false;',
  },
  {
    name: 'gate-keeps-shares',
    description: 'reads once with whom a workbench is shared',
    file: 'gate/workbench-shares.ts',
    find: 'const isFresh = cached !== undefined && ageOf(cached.readAt, timers) < cacheTtlMs;',
    replace: 'if (cached !== undefined) return cached.shares;\n    const isFresh = false;',
  },
  {
    name: 'gate-id-from-url',
    description: 'takes the workbench from the path of a request and not from its host',
    file: 'gate/request-locator.ts',
    find: ": { kind: 'workbench', workbenchId, prefix: '', rest: target };",
    replace:
      ": { kind: 'workbench', workbenchId: /^\\/project\\/([^/]+)/.exec(target)?.[1] ?? workbenchId, prefix: '', rest: target };",
  },
  {
    name: 'gate-forwards-in-doubt',
    description: 'forwards by the last record that it has read if the record cannot be read',
    hazards: ['gateReadFails', 'gateReadLate'],
    file: 'gate/workbench-records.ts',
    find: "return readInTime(timers, readTimeoutMs, 'the record of a workbench', () => this.#read(workbenchId));",
    replace:
      'const known = (this.#cache.known ??= new Map());\n    const use = (record) => known.set(workbenchId, record).get(workbenchId);\n    return readInTime(timers, readTimeoutMs, "", () => this.#read(workbenchId)).then(use, () => known.get(workbenchId));',
  },
  {
    name: 'drain-without-ecs',
    description: 'informs the owners that their machine is emptied, but ECS places further tasks on it',
    hazards: ['machineDrained'],
    file: 'core/machines/drain-machine.ts',
    find: '  if (target.shared !== undefined) await ports.machines.setDraining(target.shared, true);\n',
    replace: '',
  },
  {
    name: 'drain-stops-at-once',
    description: 'stops the workbenches on a drained machine when the drain is requested, not at its time',
    hazards: ['machineDrained'],
    file: `${LIFECYCLE}/interruption.ts`,
    find: "const interruption: Interruption = { kind: 'drain', ...(until === undefined ? {} : { until }) };",
    replace:
      "const interruption: Interruption = { kind: 'drain', ...(until === undefined ? {} : { until: Math.min(until, context.now) }) };",
  },
  {
    name: 'drain-unannounced',
    description: 'drains a machine without informing the workbenches on it',
    hazards: ['machineDrained'],
    file: 'core/machines/drain-machine.ts',
    find: '  await notify(ports, policy, target, (on) => drainNotice(on, drain));\n',
    replace: '',
  },
];
