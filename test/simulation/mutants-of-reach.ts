import type { Mutant } from './mutants.ts';

const PROBE = 'core/workbench/lifecycle/gate-probe.ts';

/** Mistakes in starts that ask the gate. */
export const REACH_MUTANTS: readonly Mutant[] = [
  {
    name: 'probe-result-ignored',
    description: 'lets a workbench run once the gate has responded, although it does not reach it',
    hazards: ['gateRouteFails'],
    file: PROBE,
    find: '      const detail = truncateUtf8(probe.detail, DETAIL_MAX);',
    replace:
      '      if (probe.detail !== undefined) return toRunning(workbench, workbench.run, context);\n      const detail = truncateUtf8(probe.detail, DETAIL_MAX);',
  },
  {
    name: 'probe-of-old-run-believed',
    description: 'believes what the gate has said of the task of an earlier run or attempt',
    hazards: ['gateResultFrozen', 'gateRouteFails'],
    file: PROBE,
    find: ' || workbench.run.taskId !== taskId) return workbench;',
    replace: ') return workbench;',
  },
  {
    name: 'probe-silence-at-once',
    description: 'lets a workbench run as soon as the gate does not respond',
    hazards: ['gateDown'],
    file: PROBE,
    find: '      return isSilentForLong || isAtDeadline',
    replace: '      return true',
  },
  {
    name: 'probe-silence-of-frozen-function',
    description: 'counts the time in which a function was frozen as silence of the gate',
    hazards: ['gateDown'],
    file: PROBE,
    find: '      const at = Math.min(askedAt, now);',
    replace: '      const at = Math.max(askedAt, now);',
  },
  {
    name: 'probe-silence-fails-start',
    description: 'takes the silence of the gate for a workbench that it does not reach',
    hazards: ['gateDown'],
    file: PROBE,
    find: "    case 'silent': {\n",
    replace:
      "    case 'silent': {\n      return pollLater({ ...workbench, detail: 'no response', gateSilentSince: now }, context);\n",
  },
];
