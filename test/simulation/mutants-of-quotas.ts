import type { Mutant } from './mutants.ts';

const LEDGER = 'core/quotas/ledger.ts';
const BUDGET = 'core/quotas/refusal.ts';
const HOLD = 'core/quotas/hold-quota.ts';
const UPDATE = 'core/workbench/update-record.ts';

/** Mistakes in quotas. */
export const QUOTA_MUTANTS: readonly Mutant[] = [
  {
    name: 'quota-lose-entry',
    description: 'gives back late, although a later request has added to the ledger',
    file: LEDGER,
    find: `  if (found === undefined || found.revision > revision) return ledger;
  if (held === undefined)`,
    replace: `  if (found === undefined) return ledger;
  if (held === undefined)`,
  },
  {
    name: 'quota-count-stopped',
    description: 'counts the capacity of a stopped workbench',
    file: 'core/quotas/held.ts',
    find: "status === 'deleting' ? workbench.run !== undefined : status !== 'stopped';",
    replace: "status === 'deleting' ? workbench.run !== undefined : true;",
  },
  {
    name: 'quota-release-at-stop-request',
    description: 'gives capacity back when a stop is requested, while the task still runs',
    file: 'core/quotas/held.ts',
    find: "status === 'deleting' ? workbench.run !== undefined : status !== 'stopped';",
    replace:
      "status === 'deleting' ? workbench.run !== undefined : status !== 'stopped' && workbench.desired !== 'stopped';",
  },
  {
    name: 'quota-check-after-record',
    description: 'writes the record before it checks the quota',
    file: UPDATE,
    find: `      const isHeld = await holdMore(ports, policy, workbench, current, groups);
      const closed = closedUsage(current, workbench, now);
      const written = await writeTo(ports.workbenches, workbench, current, closed);`,
    replace: `      const closed = closedUsage(current, workbench, now);
      const written = await writeTo(ports.workbenches, workbench, current, closed);
      const isHeld = await holdMore(ports, policy, workbench, current, groups);`,
  },
  {
    name: 'quota-ignore-conflict',
    description: 'takes a conflict on the ledger for a write',
    file: HOLD,
    find: "if ((await quotas.writeLedger(userId, ledger, stored?.revision)) === 'conflict') continue;",
    replace: 'await quotas.writeLedger(userId, ledger, stored?.revision);',
  },
  {
    name: 'quota-recount-requests-in-progress',
    description: 'removes the entries of requests that have not written their record yet',
    file: LEDGER,
    find: 'listed.has(workbenchId) || now - at <= INTENT_GRACE_MS ? [] : [workbenchId],',
    replace: 'listed.has(workbenchId) ? [] : [workbenchId],',
  },
  {
    name: 'quota-write-after-freeze',
    description: 'writes the record although its entry may have been removed while the function was frozen',
    file: HOLD,
    find: '    assertInTime();\n    return;',
    replace: '    return;',
  },
  {
    name: 'quota-hold-after-freeze',
    description: 'writes to the ledger although the function was frozen since it read it',
    file: HOLD,
    find: "    assertInTime();\n    if ((await quotas.writeLedger(userId, ledger, stored?.revision)) === 'conflict') continue;",
    replace: "    if ((await quotas.writeLedger(userId, ledger, stored?.revision)) === 'conflict') continue;",
  },
  {
    name: 'quota-keep-after-move',
    description: 'gives nothing back to the earlier owner of a workbench',
    file: UPDATE,
    find: '  const held = userId === workbench.userId ? heldBy(workbench) : undefined;',
    replace: '  const held = heldBy(workbench);',
  },
  {
    name: 'budget-ignored',
    description: 'starts a workbench although the limit of the month is used up',
    file: BUDGET,
    find: '  if (used < max) return undefined;',
    replace: '  if (used < max || max > 0) return undefined;',
  },
  {
    name: 'budget-of-last-month',
    description: 'compares the limit of the month with what the month before has cost',
    file: BUDGET,
    find: 'await sumUsage(ports, userId, monthOf(now), now)',
    replace: 'await sumUsage(ports, userId, monthOf(now - 28 * 86_400_000), now)',
  },
  {
    name: 'budget-without-open-meters',
    description: 'counts for the limit of the month only what ended days have cost',
    file: BUDGET,
    find: '  return toUsd(await sumUsage(ports, userId, monthOf(now), now));',
    replace: `  const none = async () => ({ workbenches: [] });
  return toUsd(await sumUsage({ ...ports, workbenches: { listByUser: none } }, userId, monthOf(now), now));`,
  },
];
