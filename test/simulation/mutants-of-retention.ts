import type { Mutant } from './mutants.ts';

const RETENTION = 'core/workbench/lifecycle/retention.ts';

/** Mistakes in the deletion of workbenches that were stopped for long. */
export const RETENTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'retention-without-warning',
    description: 'deletes a workbench at its time without a warning',
    file: RETENTION,
    find: 'if (!warned || isLate || deletesAt > now) {',
    replace: 'if (deletesAt > now) return workbench;\n  if (isLate) {',
  },
  {
    name: 'retention-warn-too-late',
    description: 'deletes a workbench at its time although the warning was late',
    file: RETENTION,
    find: 'const announced = Math.max(deletesAt, now + warningMs);',
    replace: 'const announced = deletesAt;',
  },
  {
    name: 'retention-forgets-start',
    description: 'counts the time since the workbench was created, although it was started since',
    file: RETENTION,
    find: 'retention: { since: now, deletesAt: now + policy.retentionMs }',
    replace: 'retention: { since: workbench.createdAt, deletesAt: workbench.createdAt + policy.retentionMs }',
  },
  {
    name: 'retention-forgets-change',
    description: 'does not begin the time anew when a user changes the stopped workbench',
    file: 'core/workbench/lifecycle/step.ts',
    find: "const after = 'by' in input ? withRetention(next, context) : next;",
    replace: 'const after = next;',
  },
  {
    name: 'retention-without-window',
    description: 'deletes a workbench with its files at once, although it is to be kept',
    file: 'core/workbench/lifecycle/deadlines.ts',
    find: 'deleteOrHide(stopped, false, (same) => same, context);',
    replace: 'deleteOrHide(stopped, true, (same) => same, context);',
  },
  {
    name: 'retention-never',
    description: 'does not make a stopped workbench due for the warning and the deletion',
    file: 'core/workbench/planned-stop.ts',
    find: '...(retention === undefined ? [] : [retentionDueAt(retention)]),',
    replace: '',
  },
];
