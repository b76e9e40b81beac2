import type { Equivalent } from './mutation.ts';

const CORE = 'core/workbench';
const LIFECYCLE = `${CORE}/lifecycle`;

const OTHERS_RETURNED = 'for the compiler: every other state has been answered before';
const NO_RUN = 'what is stopped has no run: without its status being asked it is the same';

/** Of core/, as it is now. A run of the mutations fails when one of these is not so any more. */
export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: "const past = run?.phase === 'accepted' && run.goneAfter !== undefined && run.goneAfter <= context.now;",
    changes: [['run.goneAfter !== undefined', 'true']],
    why: 'for the compiler: undefined is not before any time',
  },
  {
    file: `${LIFECYCLE}/deadlines.ts`,
    text: "if (workbench.status !== 'starting' || workbench.deadlinePausedAt === undefined) return workbench;",
    changes: [["workbench.status !== 'starting'", 'false']],
    why: 'for the compiler: no other state has a time at which it was paused',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: "return hostEffects(workbench, host, terminate ? 'terminated' : 'stopped');",
    changes: [["'stopped'", '""']],
    why: 'a machine that is wanted neither ready nor terminated is wanted stopped',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: "return workbench.host ? hostEffects(workbench, workbench.host, 'stopped') : [];",
    changes: [["'stopped'", '""']],
    why: 'a machine that is wanted neither ready nor terminated is wanted stopped',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: 'const silent = agentSilentSince !== undefined && now - agentSilentSince >= policy.agentSilentTimeoutMs;',
    changes: [['agentSilentSince !== undefined', 'true']],
    why: 'for the compiler: no time has passed since undefined',
  },
  {
    file: `${LIFECYCLE}/effects.ts`,
    text: 'run.agentSilentSince !== undefined &&',
    changes: [['run.agentSilentSince !== undefined', 'true']],
    why: 'for the compiler: no time has passed since undefined',
  },
  {
    file: `${LIFECYCLE}/requests.ts`,
    text: "case 'stopped':",
    changes: [["case 'stopped':\n      return workbench;", "case 'stopped':"]],
    why: 'it falls through to what is being destroyed, which stays as it is in the same way',
  },
  {
    file: `${LIFECYCLE}/requests.ts`,
    text: "return force && stopping.status === 'stopping' ? forceStop(stopping, context) : stopping;",
    changes: [["stopping.status === 'stopping'", 'true']],
    why: 'for the compiler: what is stopped at once has no run, and nothing to be forced',
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
    why: 'for the compiler: what is only issued has no version that one could be older than',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status === 'stopped') return workbench;",
    changes: [
      ["workbench.status === 'stopped'", 'false'],
      ["'stopped'", '""'],
    ],
    why: 'for the compiler: what is stopped has no run, and was answered before',
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
    why: 'for the compiler: these states have no accepted run, without which nobody comes here',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: 'return isEnding(ending) && ending.run ? endRun(ending, context, reason) : ending;',
    changes: [
      ['isEnding(ending) && ending.run', 'true'],
      ['isEnding(ending) && ending.run', 'isEnding(ending) || ending.run'],
    ],
    why: 'for the compiler: the end of an accepted run that has just begun has that run',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "if (workbench.status !== 'stopping' || !workbench.unexplained || task.stop === undefined) return workbench;",
    changes: [["workbench.status !== 'stopping'", 'false']],
    why: 'for the compiler: no other state is unexplained',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: "const known = run.phase === 'accepted' ? run : undefined;",
    changes: [["run.phase === 'accepted'", 'true']],
    why: 'for the compiler: what is only issued has none of what is taken over',
  },
  {
    file: `${LIFECYCLE}/run.ts`,
    text: 'return workbench.nextDriveAt === undefined ? {} : { nextDriveAt: workbench.nextDriveAt };',
    changes: [['workbench.nextDriveAt === undefined', 'false']],
    why: 'for the compiler: absent and undefined are alike to who reads it',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: "const throttled = input.outcomes.some((o) => o.type === 'effect_failed' && o.kind === 'throttled');",
    changes: [["o.type === 'effect_failed'", 'true']],
    why: 'for the compiler: no other outcome has a kind',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: "const reason = 'reason' in after && !('reason' in before && before.reason) ? after.reason : undefined;",
    changes: [["'reason' in before && before.reason", "'reason' in before || before.reason"]],
    why: 'for the compiler: a reason that is there is never empty',
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
    why: 'for the compiler: requests, and they alone, say who asked',
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
    why: 'for the compiler: nobody comes here without a run that has gone',
  },
  {
    file: `${CORE}/truncate-utf8.ts`,
    text: 'if (encoded.length <= bytes) return text;',
    changes: [
      ['encoded.length <= bytes', 'false'],
      ['encoded.length <= bytes', 'encoded.length < bytes'],
    ],
    why: 'it saves work alone: a text cut to no less than its length is itself',
  },
  {
    file: `${LIFECYCLE}/step.ts`,
    text: 'if (workbench.nextDriveAt === undefined || workbench.nextDriveAt > now) return workbench;',
    changes: [['workbench.nextDriveAt === undefined', 'false']],
    why: 'it saves work alone: an appointment that is not there is taken away to no effect',
  },
  {
    file: `${CORE}/drive.ts`,
    text: "if ('overdue' in workbench && workbench.overdue) ports.telemetry.count('overdue', 1, { status });",
    changes: [["'overdue' in workbench && workbench.overdue", "'overdue' in workbench || workbench.overdue"]],
    why: 'for the compiler: it is there only when it is so',
  },
  {
    file: `${CORE}/status-detail.ts`,
    text: "case 'stopped':",
    changes: [["'stopped'", '""']],
    why: 'what no case is for has no detail either',
  },
  {
    file: `${CORE}/status-detail.ts`,
    text: "case 'running':",
    changes: [["'running'", '""']],
    why: 'what no case is for has no detail either',
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
    why: 'for the compiler: what is there is never undefined',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'const tasks = taskIds.length === 0 ? [] : await ports.tasks.describe(taskIds);',
    changes: [['[]', '["Stryker was here"]']],
    why: 'nobody looks into it when nothing was asked',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'const task = taskId === undefined ? undefined : tasks.find((candidate) => candidate.taskId === taskId);',
    changes: [['taskId === undefined', 'false']],
    why: 'it saves work alone: no task has an undefined id',
  },
  {
    file: 'core/reconcile/sweep-active.ts',
    text: 'if (repair !== undefined && after !== undefined)',
    changes: [['after !== undefined', 'true']],
    why: 'for the compiler: a record that was repaired is there',
  },
  {
    file: 'core/reconcile/repair.ts',
    text: 'return { workbench: after, ...(repair === undefined ? {} : { repair }) };',
    changes: [['repair === undefined', 'false']],
    why: 'for the compiler: absent and undefined are alike to who reads it',
  },
];
