import type { Equivalent } from './mutation.ts';

const CORE = 'core/workbench';
const LIFECYCLE = `${CORE}/lifecycle`;

const OTHERS_RETURNED = 'only narrows the type: the function has returned before for every other state';
const NO_RUN = 'only narrows the type: a stopped workbench has no run';

/** The equivalent mutations of core/. `npm run mutation` fails if an entry no longer applies. */
export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: "if (workbench.status !== 'running' || !isInterruptionDue(workbench, context)) return workbench;",
    changes: [["workbench.status !== 'running'", 'false']],
    why: 'only narrows the type: no stop for an interruption is due in any other state',
  },
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: 'if (workbench.host === undefined || launchAfter === undefined || context.now < launchAfter)',
    changes: [['workbench.host === undefined', 'false']],
    why: 'only narrows the type: without a host no launch is delayed',
  },
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: 'const past = goneAfter !== undefined && goneAfter <= context.now;',
    changes: [['goneAfter !== undefined', 'true']],
    why: 'only narrows the type: comparisons with undefined are false',
  },
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: "if (workbench.status !== 'starting' || workbench.deadlinePausedAt === undefined) return workbench;",
    changes: [["workbench.status !== 'starting'", 'false']],
    why: 'only narrows the type: no other state has `deadlinePausedAt`',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: "return hostEffects(workbench, host, terminate ? 'terminated' : 'stopped');",
    changes: [["'stopped'", '""']],
    why: 'hostEffects treats every target but `ready` and `terminated` as `stopped`',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: "? hostEffects(workbench, workbench.host, workbench.host.drained ? 'terminated' : 'stopped')",
    changes: [["'stopped'", '""']],
    why: 'hostEffects treats every target but `ready` and `terminated` as `stopped`',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: 'const silent = agentSilentSince !== undefined && now - agentSilentSince >= policy.agentSilentTimeoutMs;',
    changes: [['agentSilentSince !== undefined', 'true']],
    why: 'only narrows the type: comparisons with a difference to undefined (NaN) are false',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: 'run.agentSilentSince !== undefined &&',
    changes: [['run.agentSilentSince !== undefined', 'true']],
    why: 'only narrows the type: comparisons with a difference to undefined (NaN) are false',
  },
  {
    file: `${LIFECYCLE}/requests.ts`,
    text: "case 'stopped':",
    changes: [["case 'stopped':\n      return workbench;", "case 'stopped':"]],
    why: 'falls through to the case `deleting`, which leaves a stopped workbench unchanged as well',
  },
  {
    file: `${LIFECYCLE}/requests.ts`,
    text: "return force && stopping.status === 'stopping' ? forceStop(stopping, context) : stopping;",
    changes: [["stopping.status === 'stopping'", 'true']],
    why: 'only narrows the type: a workbench that is stopped at once has no run to force',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status !== 'starting') return workbench;",
    changes: [["workbench.status !== 'starting'", 'false']],
    why: OTHERS_RETURNED,
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (run.phase === 'accepted' && task.version < run.taskVersion) return workbench;",
    changes: [["run.phase === 'accepted'", 'true']],
    why: 'only narrows the type: an issued run has no task version, and comparisons with undefined are false',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status === 'stopped') return workbench;",
    changes: [
      ["workbench.status === 'stopped'", 'false'],
      ["'stopped'", '""'],
    ],
    why: 'only narrows the type: a stopped workbench has no run, for which the function has returned before',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status === 'stopped' || workbench.status === 'starting') return workbench;",
    changes: [
      ["workbench.status === 'stopped' || workbench.status === 'starting'", 'false'],
      [
        "workbench.status === 'stopped' || workbench.status === 'starting'",
        "workbench.status === 'stopped' && workbench.status === 'starting'",
      ],
      ["workbench.status === 'stopped'", 'false'],
      ["'stopped'", '""'],
      ["workbench.status === 'starting'", 'false'],
      ["'starting'", '""'],
    ],
    why: 'only narrows the type: every caller passes a workbench with an accepted run, which these states do not have',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: 'return isEnding(ending) && ending.run ? endRun(ending, context, reason) : ending;',
    changes: [
      ['isEnding(ending) && ending.run', 'true'],
      ['isEnding(ending) && ending.run', 'isEnding(ending) || ending.run'],
    ],
    why: 'only narrows the type: a workbench whose accepted run begins to end has that run',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status !== 'stopping' || !workbench.unexplained || task.stop === undefined) return workbench;",
    changes: [["workbench.status !== 'stopping'", 'false']],
    why: 'only narrows the type: no other state has `unexplained`',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "const known = run.phase === 'accepted' ? run : undefined;",
    changes: [["run.phase === 'accepted'", 'true']],
    why: 'only narrows the type: an issued run has none of the fields that are copied',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: 'return workbench.nextDriveAt === undefined ? {} : { nextDriveAt: workbench.nextDriveAt };',
    changes: [['workbench.nextDriveAt === undefined', 'false']],
    why: 'only satisfies exactOptionalPropertyTypes: readers treat absent and undefined alike',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: "const reason = 'reason' in after && !('reason' in before && before.reason) ? after.reason : undefined;",
    changes: [["'reason' in before && before.reason", "'reason' in before || before.reason"]],
    why: 'only narrows the type: a reason is never falsy',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: "if (input.type in REQUEST_ENTRY_TYPES && 'by' in input) {",
    changes: [
      [
        "input.type in REQUEST_ENTRY_TYPES && 'by' in input",
        "input.type in REQUEST_ENTRY_TYPES || 'by' in input",
      ],
    ],
    why: 'only narrows the type: requests, and no other inputs, have `by`',
  },
  {
    file: `${LIFECYCLE}/transitions.ts`,
    text: "...(workbench.status === 'stopped' ? {} : withRun(workbench.run)),",
    changes: [
      ["workbench.status === 'stopped'", 'false'],
      ["'stopped'", '""'],
    ],
    why: NO_RUN,
  },
  {
    file: `${LIFECYCLE}/transitions.ts`,
    text: "const lastTaskId = run?.phase === 'accepted' ? { lastTaskId: run.taskId } : {};",
    changes: [['run?.phase', 'run.phase']],
    why: 'only narrows the type: every caller passes a workbench with a run',
  },
  {
    file: `${CORE}/truncate-utf8.ts`,
    text: 'if (encoded.length <= bytes) return text;',
    changes: [
      ['encoded.length <= bytes', 'false'],
      ['encoded.length <= bytes', 'encoded.length < bytes'],
    ],
    why: 'only saves work: truncating a text to at least its length returns the text',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: 'if (workbench.nextDriveAt === undefined || workbench.nextDriveAt > now) return workbench;',
    changes: [['workbench.nextDriveAt === undefined', 'false']],
    why: 'only saves work: clearing an absent due time has no effect',
  },
  {
    file: `${CORE}/drive.ts`,
    text: "if ('overdue' in workbench && workbench.overdue) ports.telemetry.count('overdue', 1, { status });",
    changes: [["'overdue' in workbench && workbench.overdue", "'overdue' in workbench || workbench.overdue"]],
    why: 'only narrows the type: `overdue` is absent or true',
  },
  {
    file: `${CORE}/status-detail.ts`,
    text: "case 'stopped':",
    changes: [["'stopped'", '""']],
    why: 'a state without a case has no detail either',
  },
  {
    file: `${CORE}/status-detail.ts`,
    text: "case 'running':",
    changes: [["'running'", '""']],
    why: 'a state without a case has no detail either',
  },
  {
    file: `${CORE}/workbench.ts`,
    text: "!('deadlinePausedAt' in workbench && workbench.deadlinePausedAt !== undefined)",
    changes: [
      ['workbench.deadlinePausedAt !== undefined', 'true'],
      [
        "'deadlinePausedAt' in workbench && workbench.deadlinePausedAt !== undefined",
        "'deadlinePausedAt' in workbench || workbench.deadlinePausedAt !== undefined",
      ],
    ],
    why: 'only narrows the type: a present `deadlinePausedAt` is never undefined',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'const tasks = taskIds.length === 0 ? [] : await ports.tasks.describe(taskIds);',
    changes: [['[]', '["Stryker was here"]']],
    why: 'the list is not read when no task id was given',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'const task = taskId === undefined ? undefined : tasks.find((candidate) => candidate.taskId === taskId);',
    changes: [['taskId === undefined', 'false']],
    why: 'only saves work: no task has an undefined id',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'if (repair !== undefined && after !== undefined)',
    changes: [['after !== undefined', 'true']],
    why: 'only narrows the type: a repaired record exists',
  },
  {
    file: 'core/reconcile/repair.ts',
    text: 'return { workbench: after, ...(repair === undefined ? {} : { repair }) };',
    changes: [['repair === undefined', 'false']],
    why: 'only satisfies exactOptionalPropertyTypes: readers treat absent and undefined alike',
  },
];
