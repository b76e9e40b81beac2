/**
 * Faults planted one at a time in the product, as a replacement in its source: each must be found by the
 * simulation. One whose text is not found exactly once any more is an error, so that the list stays true.
 */
export interface Mutant {
  readonly name: string;
  /** What a developer could have got wrong. */
  readonly description: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const LIFECYCLE = 'core/workbench/lifecycle';

export const MUTANTS: readonly Mutant[] = [
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
    description: 'takes a run whose RunTask has no known outcome for one that never was',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "return run === undefined || run.phase === 'preparing' ? {} : { run };",
    replace: "return run === undefined || run.phase !== 'accepted' ? {} : { run };",
  },
  {
    name: 'token-per-workbench',
    description: 'one client token for all runs of a workbench',
    file: `${LIFECYCLE}/effects.ts`,
    find: 'return `${input.workbenchId}/${input.runId}/${input.attempt}`;',
    replace: 'return `${input.workbenchId}`;',
  },
  {
    name: 'token-per-call',
    description: 'retries RunTask under a new token after a time-out',
    file: 'core/workbench/execute-effect.ts',
    find: 'const outcome = await tasks.run(effect.input, effect.token);',
    replace: 'const outcome = await tasks.run(effect.input, `${effect.token}/${workbench.revision}`);',
  },
  {
    name: 'ignore-task-version',
    description: 'believes an observation that is older than what is known',
    file: `${LIFECYCLE}/run.ts`,
    find: "if (run.phase === 'accepted' && task.version < run.taskVersion) return workbench;",
    replace: '',
  },
  {
    name: 'ignore-run-id',
    description: 'takes what is seen of any run for the current one',
    file: `${LIFECYCLE}/run.ts`,
    find: "  if (!run || run.phase === 'preparing' || !isSameAttempt(run, task))\n    return observeUnexpectedTask(workbench, task, context);\n  if (run.phase === 'accepted' && run.taskId !== task.taskId)\n    return observeUnexpectedTask(workbench, task, context);",
    replace:
      "  if (!run || run.phase === 'preparing') return observeUnexpectedTask(workbench, task, context);",
  },
  {
    name: 'delete-volume-before-run-gone',
    description: 'wipes the files while the task may still be there',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "...(workbench.status === 'stopped' ? {} : withRun(workbench.run)),",
    replace: '',
  },
  {
    name: 'no-stop-settle-period',
    description: 'takes a STOPPED task for a container that has ended',
    file: `${LIFECYCLE}/run.ts`,
    find: 'if (task.instance === undefined || context.policy.stopSettleMs === 0) return endRun(explained, context);',
    replace: 'return endRun(explained, context);',
  },
  {
    name: 'trust-disconnected-agent',
    description: 'takes the last word of a silent agent for the truth',
    file: `${LIFECYCLE}/run.ts`,
    find: "if (task.instance === 'disconnected') return pollLater(explained, context);",
    replace: '',
  },
  {
    name: 'start-before-old-run-gone',
    description: 'begins a start that came during a stop before the old run is gone',
    file: `${LIFECYCLE}/requests.ts`,
    find: "return { ...workbench, desired: 'running', nextRun: { runId, requestedAt: now }, nextDriveAt: now };",
    replace:
      "return { ...workbench, run: undefined, status: 'starting', desired: 'running', deadlineAt: now + 900000, nextDriveAt: now, ...{ run: { phase: 'preparing', runId, attempt: 1 } } } as never;",
  },
  {
    name: 'drop-stop-while-starting',
    description: 'loses the stop that came while starting',
    file: `${LIFECYCLE}/requests.ts`,
    find: '      const stopping = beginStop(workbench, context);',
    replace:
      "      if (workbench.status === 'starting' || workbench.status === 'provisioning') return { ...workbench, nextDriveAt: context.now + 1 };\n      const stopping = beginStop(workbench, context);",
  },
  {
    name: 'no-start-deadline',
    description: 'lets a start wait for ever',
    file: `${LIFECYCLE}/deadlines.ts`,
    find: 'context.now < workbench.deadlineAt)',
    replace: 'context.now > 0)',
  },
  {
    name: 'no-stop-effects',
    description: 'owes nothing to a stopping workbench',
    file: `${LIFECYCLE}/effects.ts`,
    find: 'if (workbench.run) return effectsForEndingRun(workbench, workbench.run, now, policy);',
    replace: 'if (workbench.run) return [];',
  },
  {
    name: 'fail-start-on-throttle',
    description: 'gives a start up at the first throttle',
    file: `${LIFECYCLE}/step.ts`,
    find: "const waiting = result.kind === 'throttled' ? pauseDeadline(workbench, context) : workbench;",
    replace:
      "if (result.kind === 'throttled' && workbench.status === 'starting') return applyRequest(workbench, { type: 'stop', by: 'us' }, context);\n      const waiting = workbench;",
  },
  {
    name: 'sweep-due-sends-nothing',
    description: 'the reconciler never wakes what is due',
    file: 'core/reconcile/sweep-due.ts',
    find: 'for (const key of keys) if (await enqueueKey(ports, key)) enqueued += 1;',
    replace: '',
  },
  {
    name: 'never-delete-orphans',
    description: 'never removes tasks that nobody wants',
    file: 'core/reconcile/orphans.ts',
    find: 'for (const orphan of old) {',
    replace: 'for (const orphan of old.slice(0, 0)) {',
  },
  {
    name: 'no-grace-period',
    description: 'removes what was made a moment ago',
    file: 'core/reconcile/orphans.ts',
    find: 'createdAt === undefined || begun - createdAt >= graceMs',
    replace: 'createdAt === undefined || begun - createdAt >= 0',
  },
  {
    name: 'ignore-unexpected-tasks',
    description: 'runs although a task of another run is alive',
    file: `${LIFECYCLE}/unexpected-tasks.ts`,
    find: 'return driveNow({ ...workbench, unexpectedTasks: [...workbench.unexpectedTasks, { taskId }] }, context);',
    replace: 'return workbench;',
  },
  {
    name: 'stopped-while-host-runs',
    description: 'counts a dedicated workbench as stopped while its machine still runs',
    file: `${LIFECYCLE}/transitions.ts`,
    find: "if (workbench.host && workbench.host.state !== 'stopped') return workbench;",
    replace: '',
  },
  {
    name: 'keep-container-instance-registered',
    description: 'ends a stopped machine without taking it off the cluster',
    file: 'adapters/aws/ec2/host-fleet.ts',
    find: "if (stateOf(instance) === 'terminated' && known?.containerInstanceArn !== undefined) {",
    replace: 'if (known === null) {',
  },
  {
    name: 'drop-issued-launch',
    description: 'forgets a machine whose launch has no known outcome',
    file: `${LIFECYCLE}/host.ts`,
    find: '  if (instanceId === undefined) {',
    replace:
      "  if (instanceId === undefined && target !== 'ready') return [];\n  if (instanceId === undefined) {",
  },
  {
    name: 'accept-stale-observation',
    description: 'takes what was seen of a machine before its record moved on for the truth',
    file: `${LIFECYCLE}/step.ts`,
    find: 'return asOfRevision !== undefined && asOfRevision !== revision;',
    replace: 'return asOfRevision !== undefined && asOfRevision > revision;',
  },
  {
    name: 'send-after-freeze',
    description: 'sends what it was about to send, however long it stood still before',
    file: 'adapters/aws/send-deadline.ts',
    find: 'if (clock.now() - began < SEND_DEADLINE_MS) return;',
    replace: 'if (clock.now() >= began || true) return;',
  },
  {
    name: 'write-without-revision',
    description: 'writes over what somebody else wrote meanwhile',
    file: 'core/workbench/update-record.ts',
    find: '    current = await ports.workbenches.read(key);\n  }\n  throw',
    replace: '    current = undefined;\n  }\n  throw',
  },
  {
    name: 'no-forward-to-drive-host',
    description:
      'takes a workbench that needs a machine for driven, without handing it to the function that has them',
    file: 'functions/drive/drive.ts',
    find: 'return forward(key, ports.hostQueue);',
    replace: 'return true;',
  },
];
