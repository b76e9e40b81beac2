import { expect, it } from 'vitest';
import { DEFAULT_HAZARDS } from '../world/hazards.ts';
import type { BatchResult } from './batch.ts';
import { computeCoverage } from './coverage.ts';

const NAMES = Object.keys(DEFAULT_HAZARDS);

function batchWith(hazards: readonly (readonly [string, number])[]): BatchResult {
  return {
    schedules: 1,
    steps: 1,
    simulatedMs: 1,
    transitions: [],
    faults: [],
    repeated: 0,
    failures: [],
    hazards,
  };
}

it('sums hazards, and misses those that have a probability but did not happen', () => {
  const results = [batchWith([['noCapacity', 2]]), batchWith([['noCapacity', 3]])];
  const { hazards, missing } = computeCoverage(results, { endsEarly: 0.5, agentFlaps: 0 });
  expect(hazards.get('noCapacity')).toBe(5);
  const missingHazards = missing.filter((name) => NAMES.includes(name));
  expect(missingHazards).toContain('endsEarly');
  expect(missingHazards).toContain('mountFails');
  expect(missingHazards).not.toContain('noCapacity');
  expect(missingHazards).not.toContain('agentFlaps');
});
