import type { Mutant } from './mutants.ts';

const IDLE = 'core/workbench/lifecycle/idle.ts';
const REQUESTS = 'core/workbench/lifecycle/requests.ts';
const STEP = 'core/workbench/lifecycle/step.ts';

/** Mistakes in idle stops. */
export const IDLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'idle-stop-inside-limit',
    description: 'stops a workbench at the announced time although it was used after the warning',
    file: IDLE,
    find: '  if (now < stopAt - IDLE_WARNING_MS) return { ...workbench, idle: planCheck(idle, now) };',
    replace:
      '  if (announcedAt !== undefined && now >= announcedAt) return beginStop({ ...workbench, idle }, context, { reason: idleReason(idle) });\n  if (now < stopAt - IDLE_WARNING_MS) return { ...workbench, idle: planCheck(idle, now) };',
  },
  {
    name: 'idle-forget-clocks',
    description: 'stops a workbench at its limit, although evidence is stored late by clocks that differ',
    file: IDLE,
    find: 'return Math.max(Math.min(since, now) + minutes * MINUTE_MS + IDLE_MARGIN_MS, keepUntil);',
    replace: 'return Math.max(Math.min(since, now) + minutes * MINUTE_MS, keepUntil);',
  },
  {
    name: 'idle-forget-warning',
    description: 'stops a workbench without a warning if its evidence was read late',
    file: IDLE,
    find: '  if (isAnnounced && now >= idleStopAt)',
    replace: '  if (now >= stopAt)',
  },
  {
    name: 'idle-warn-too-late',
    description: 'warns the owner at the moment of the stop',
    file: IDLE,
    find: 'isAnnounced ? announcedAt : now + IDLE_WARNING_MS);',
    replace: 'isAnnounced ? announcedAt : now);',
  },
  {
    name: 'idle-warn-in-silence',
    description: 'writes no warning to the history',
    file: STEP,
    find: "if (isWarned(before) !== isWarned(after) && after.status === 'running')",
    replace: "if (isWarned(before) && !isWarned(after) && after.status === 'running')",
  },
  {
    name: 'idle-count-polls',
    description: 'counts the requests that an open tab repeats as use',
    file: 'core/gate/activity.ts',
    find: 'return before < POLLER_MINUTES;',
    replace: 'return true;',
  },
  {
    name: 'idle-count-reconnects',
    description: 'counts a WebSocket that an open tab opens again as use',
    file: 'gate/watch/activity-tracker.ts',
    find: 'if (request.webSocket || !isFromBrowser(request, visitor)) return;',
    replace: 'if (!isFromBrowser(request, visitor)) return;',
  },
  {
    name: 'idle-drop-extension',
    description: 'takes an extension for a use, and forgets until when it lasts',
    file: IDLE,
    find: "because: 'extend', keepUntil: kept }, now) };",
    replace: "because: 'extend', keepUntil: Math.min(keepUntil, kept) }, now) };",
  },
  {
    name: 'idle-forget-extension-at-check',
    description: 'forgets an extension when the evidence is read',
    file: IDLE,
    find: "    ['extend', extendedUntil],\n",
    replace: "    ['extend', Math.min(extendedUntil, since + limit)],\n",
  },
  {
    name: 'idle-forget-keepalive',
    description: 'does not keep a workbench as long as a program has asked for',
    file: IDLE,
    find: "['keepalive', Math.min(evidence.keepaliveUntil ?? 0, now + EXTENSION_MINUTES_MAX * MINUTE_MS)],",
    replace: "['keepalive', Math.min(evidence.keepaliveUntil ?? 0, since + limit)],",
  },
  {
    name: 'idle-ignore-busy',
    description: 'stops a workbench whose processors are busy',
    file: IDLE,
    find: "['busy', Math.min(evidence.busy ?? 0, now, since + policy.busyHoldMs) + limit],",
    replace: "['busy', 0],",
  },
  {
    name: 'idle-ignore-ide',
    description: 'does not count what the IDE reports',
    file: IDLE,
    find: "for (const kind of ['browser', 'ide'] as const) {",
    replace: "for (const kind of ['browser'] as const) {",
  },
  {
    name: 'idle-believe-old-run',
    description: 'accepts reports with the token of an earlier run',
    file: 'functions/api/report-activity.ts',
    find: "      if (runOf(workbench)?.runId !== caller.runId) throw refused('other_run');\n",
    replace: '',
  },
  {
    name: 'idle-stop-unreadable',
    description: 'takes evidence that cannot be read for none',
    file: STEP,
    find: "if (result.effect === 'read_evidence') return noteUnreadable(workbench, context);",
    replace:
      "if (result.effect === 'read_evidence') return applyEvidence(workbench, { runId: runOf(workbench)?.runId, evidence: {}, readAt: context.now } as never, context);",
  },
  {
    name: 'idle-hide-unknown',
    description: 'does not say that the evidence cannot be read',
    file: IDLE,
    find: 'const unknown = now - unknownSince >= UNKNOWN_AFTER_MS ? { unknown: true } : {};',
    replace: 'const unknown = now < unknownSince ? { unknown: true } : {};',
  },
  {
    name: 'idle-never-check',
    description: 'does not make a running workbench due for the check of its evidence',
    file: 'core/workbench/planned-stop.ts',
    find: 'if (workbench.idle !== undefined) times.push(workbench.idle.checkAt);',
    replace: '',
  },
  {
    name: 'idle-ignore-start',
    description: 'stops a workbench just after a start was accepted, because it was running',
    file: REQUESTS,
    find: 'return startRunning(workbench, context);',
    replace: 'return workbench;',
  },
];
