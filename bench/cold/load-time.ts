import { execFileSync } from 'node:child_process';
import { percentile } from '../percentiles.ts';

/** Says how long a module took to load, in milliseconds, and ends at once. */
const LOAD_SCRIPT = `
const began = performance.now();
require(process.argv[1]);
const took = performance.now() - began;
process.stdout.write(String(took), () => process.exit());
`;

/** What a module takes to load, in milliseconds, by its name. */
export type LoadTimes = ReadonlyMap<string, number>;

/**
 * Loads each module in so many fresh processes, by turns, so that whatever else the machine does meets all of them.
 * @param modules name → file
 * @returns the median of each
 */
export function measureLoadTimes(
  modules: ReadonlyMap<string, string>,
  rounds: number,
  load: (file: string) => number = loadInFreshProcess,
): LoadTimes {
  const taken = new Map([...modules.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, file] of modules) taken.get(name)?.push(load(file));
  }
  return new Map([...taken].map(([name, values]) => [name, percentile(values, 0.5)]));
}

/** With an environment like a function's, and without whatever this process was started with. */
function loadInFreshProcess(file: string): number {
  const env = { AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'measured' };
  const options = { encoding: 'utf8', env, stdio: 'pipe' } as const;
  return Number(execFileSync(process.execPath, ['--eval', LOAD_SCRIPT, file], options));
}
