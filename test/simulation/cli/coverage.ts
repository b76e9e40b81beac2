import { FAULTS } from '../invocation.ts';
import type { BatchResult } from './batch.ts';

/** The transitions that a record can make. */
export const TRANSITIONS: readonly string[] = [
  'none → starting',
  'starting → provisioning',
  'starting → pending',
  'starting → stopping',
  'starting → stopped',
  'starting → deleting',
  'provisioning → pending',
  'provisioning → running',
  'provisioning → stopping',
  'provisioning → stopped',
  'provisioning → deleting',
  'pending → running',
  'pending → stopping',
  'pending → stopped',
  'pending → deleting',
  'running → stopping',
  'running → stopped',
  'running → deleting',
  'stopping → stopped',
  'stopping → starting',
  'stopping → deleting',
  'stopped → starting',
  'stopped → deleting',
  'deleting → none',
];

/** The calls that change something: each must have met each fault. */
export const MUTATING_CALLS: readonly string[] = [
  'RunTask',
  'StopTask',
  'RegisterTaskDefinition',
  'RunInstances',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
  'CreateAccessPoint',
  'DeleteAccessPoint',
  'DeregisterTaskDefinition',
  'DeregisterContainerInstance',
  'janitor.writeTombstone',
  'janitor.removeSome',
  'SendMessage',
  'workbenches.create',
  'workbenches.update',
  'workbenches.delete',
  'history.append',
  'history.expire',
  'idempotency.claim',
  'idempotency.complete',
  'freeCapacity.save',
  'freeCapacity.remove',
];

export interface Coverage {
  /** How often each state was entered. */
  readonly states: ReadonlyMap<string, number>;
  readonly transitions: ReadonlyMap<string, number>;
  readonly faultKinds: ReadonlyMap<string, number>;
  /** By call and kind. */
  readonly faults: ReadonlyMap<string, number>;
  /** What should have been reached and was not. */
  readonly missing: readonly string[];
}

export function computeCoverage(results: readonly BatchResult[]): Coverage {
  const transitions = sumCounts(results.map((result) => result.transitions));
  const faults = sumCounts(results.map((result) => result.faults));
  const pairs = MUTATING_CALLS.flatMap((effect) =>
    FAULTS.filter((f) => f !== 'none').map((f) => `${effect} ${f}`),
  );
  const missing = [
    ...TRANSITIONS.filter((transition) => !transitions.has(transition)),
    ...pairs.filter((pair) => !faults.has(pair)),
  ];
  const states = groupCounts(transitions, (transition) => transition.split(' → ')[1] ?? '');
  states.delete('none');
  const faultKinds = groupCounts(faults, (pair) => pair.split(' ')[1] ?? '');
  return { states, transitions, faultKinds, faults, missing };
}

function groupCounts(counts: ReadonlyMap<string, number>, of: (name: string) => string): Map<string, number> {
  return sumCounts([[...counts].map(([name, count]) => [of(name), count] as const)]);
}

function sumCounts(all: readonly (readonly (readonly [string, number])[])[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const counts of all)
    for (const [name, count] of counts) total.set(name, (total.get(name) ?? 0) + count);
  return new Map([...total].sort(([a], [b]) => (a < b ? -1 : 1)));
}
