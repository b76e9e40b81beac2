import type { Mutant } from './mutants.ts';

const DELETION = 'core/workbench/lifecycle/deletion.ts';

/** Mistakes in deletions that can be taken back. */
export const DELETION_MUTANTS: readonly Mutant[] = [
  {
    name: 'restore-too-late',
    description: 'restores a workbench whose files are being deleted',
    file: DELETION,
    find: "  } else if (workbench.status !== 'deleting' && now < restorable.until)\n    return",
    replace: `  } else if (workbench.status === 'deleting') {
    return { ...rest, status: 'stopped', desired: 'stopped', stoppedAt: now, deadlineAt: undefined } as never;
  } else if (now < restorable.until)
    return`,
  },
  {
    name: 'delete-at-once',
    description: 'deletes a workbench at once although it is to be kept',
    file: DELETION,
    find: '  if (policy.deleteAfterMs === 0) return beginDelete(workbench, context);',
    replace: '  if (policy.deleteAfterMs >= 0) return beginDelete(workbench, context);',
  },
  {
    name: 'keep-in-seconds',
    description: 'reads the time for which deleted workbenches are kept as a thousandth of it',
    file: DELETION,
    find: 'const restorable = { deletedAt, until: now + policy.deleteAfterMs };',
    replace: 'const restorable = { deletedAt, until: now + policy.deleteAfterMs / 1000 };',
  },
  {
    name: 'keep-without-end',
    description: 'does not make a deleted workbench due for the end of its time',
    file: 'core/workbench/planned-stop.ts',
    find: 'if (restorable !== undefined && isDeleted(workbench)) return [restorable.until];',
    replace: 'if (restorable !== undefined && isDeleted(workbench)) return [];',
  },
  {
    name: 'show-deleted',
    description: 'shows a workbench that was deleted',
    file: 'core/access/find-access.ts',
    find: '  if (access === undefined || !isDeleted(access.workbench)) return access;',
    replace: '  if (access?.workbench !== null) return access;',
  },
  {
    name: 'quota-count-deleted',
    description: 'counts a deleted workbench that can be restored',
    file: 'core/quotas/held.ts',
    find: 'return isDeleted(workbench) ? { ...held, workbenches: 0, hosts: 0 } : held;',
    replace: 'return held;',
  },
];
