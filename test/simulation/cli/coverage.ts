import { FAULTS } from '../invocation.ts';
import { DEFAULT_HAZARDS, type Hazards } from '../world/hazards.ts';
import type { BatchResult } from './batch.ts';

/** The transitions of the life cycle. The schedules must reach each. */
export const TRANSITIONS: readonly string[] = [
  'none → starting',
  'starting → provisioning',
  'starting → pending',
  'starting → stopping',
  'starting → stopped',
  'starting → deleting',
  'provisioning → pending',
  'provisioning → running',
  'provisioning → starting',
  'provisioning → stopping',
  'provisioning → stopped',
  'provisioning → deleting',
  'pending → running',
  'pending → starting',
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

/** The calls that write. The schedules must inject each fault into each of them. */
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
  'PutEvents',
  'workbenches.create',
  'workbenches.update',
  'workbenches.move',
  'workbenches.delete',
  'history.append',
  'history.expire',
  'activity.delete',
  'idempotency.claim',
  'idempotency.complete',
  'freeCapacity.save',
  'freeCapacity.remove',
];

export interface Coverage {
  /** State → how often a record entered it. */
  readonly states: ReadonlyMap<string, number>;
  /** `from → to` → count. */
  readonly transitions: ReadonlyMap<string, number>;
  /** Fault → count. */
  readonly faultKinds: ReadonlyMap<string, number>;
  /** `call fault` → count. */
  readonly faults: ReadonlyMap<string, number>;
  /** Hazard → how often it happened. */
  readonly hazards: ReadonlyMap<string, number>;
  /** The transitions, the pairs of call and fault, and the hazards that no schedule reached. */
  readonly missing: readonly string[];
}

/** @param given the probabilities of hazards that differ from their defaults */
export function computeCoverage(results: readonly BatchResult[], given: Partial<Hazards> = {}): Coverage {
  const hazards = sumCounts(results.map((result) => result.hazards));
  const expected = Object.entries({ ...DEFAULT_HAZARDS, ...given }).filter(
    ([, probability]) => probability > 0,
  );
  const transitions = sumCounts(results.map((result) => result.transitions));
  const faults = sumCounts(results.map((result) => result.faults));
  const pairs = MUTATING_CALLS.flatMap((call) =>
    FAULTS.filter((fault) => fault !== 'none').map((fault) => `${call} ${fault}`),
  );
  const missing = [
    ...TRANSITIONS.filter((transition) => !transitions.has(transition)),
    ...pairs.filter((pair) => !faults.has(pair)),
    ...expected.flatMap(([hazard]) => (hazards.has(hazard) ? [] : [hazard])),
  ];
  const states = groupCounts(transitions, (transition) => transition.split(' → ')[1] ?? '');
  states.delete('none');
  const faultKinds = groupCounts(faults, (pair) => pair.split(' ')[1] ?? '');
  return { states, transitions, faultKinds, faults, hazards, missing };
}

function groupCounts(
  counts: ReadonlyMap<string, number>,
  groupOf: (name: string) => string,
): Map<string, number> {
  return sumCounts([[...counts].map(([name, count]) => [groupOf(name), count] as const)]);
}

function sumCounts(all: readonly (readonly (readonly [string, number])[])[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const counts of all)
    for (const [name, count] of counts) total.set(name, (total.get(name) ?? 0) + count);
  return new Map([...total].sort(([a], [b]) => (a < b ? -1 : 1)));
}
