import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These files start first. If one of them started last, the other cores would be idle while it runs. */
const LONG = [
  'test/flows/many-creates.slow.test.ts',
  'test/flows/start.slow.test.ts',
  'test/flows/api.slow.test.ts',
  'test/simulation/simulation.test.ts',
  'test/adapters/aws/dynamodb/stores.slow.test.ts',
  'test/simulation/sweep-rate-limits.slow.test.ts',
];

/**
 * Most files that load CDK, which takes more than a second of processor time. They follow the simulation, so that on two
 * cores one process runs all of them, while the other one runs the simulation.
 */
const WITH_CDK = /\/test\/(?:lib|docs|tools\/docs)\//;

/**
 * Runs the files in random order, so that no file depends on another, with three exceptions: the files of a project run
 * one after another, because vitest ends a shared process when the next file belongs to another project; the longest
 * files of a project run first, and then those that load CDK.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const long = LONG.findIndex((name) => moduleId.endsWith(name));
      const others = LONG.length + (WITH_CDK.test(moduleId) ? 0 : 1);
      return (project.config.isolate ? 0 : 100) + (long === -1 ? others : long);
    };
    const byName = [...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    return shuffle(byName, this.ctx.config.sequence.seed).sort((a, b) => place(a) - place(b));
  }
}

/** Returns the same order for the same seed. Vitest prints the seed. */
function shuffle<T>(all: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    // A linear congruential generator is sufficient for an order.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  return all
    .map((one) => ({ one, drawn: next() }))
    .sort((a, b) => a.drawn - b.drawn)
    .map(({ one }) => one);
}
