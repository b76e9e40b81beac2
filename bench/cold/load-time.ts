import { execFileSync } from 'node:child_process';
import { percentile } from '../percentiles.ts';

/** Prints the load time of a module in milliseconds and exits. */
const LOAD_SCRIPT = `
const start = performance.now();
require(process.argv[1]);
const duration = performance.now() - start;
process.stdout.write(String(duration), () => process.exit());
`;

/** Load times in milliseconds, by module name. */
export type LoadTimes = ReadonlyMap<string, number>;

/**
 * Loads each module in new processes, alternately, so that other load on the computer affects all modules.
 * @param modules Name → file.
 * @returns The median of each module.
 */
export function measureLoadTimes(
  modules: ReadonlyMap<string, string>,
  rounds: number,
  load: (file: string) => number = loadInFreshProcess,
): LoadTimes {
  const durations = new Map([...modules.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, file] of modules) durations.get(name)?.push(load(file));
  }
  return new Map([...durations].map(([name, values]) => [name, percentile(values, 0.5)]));
}

/** Uses an environment like that of a function, and none of the Node.js options of this process. */
function loadInFreshProcess(file: string): number {
  const env = { AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'measured' };
  const options = { encoding: 'utf8', env, stdio: 'pipe' } as const;
  return Number(execFileSync(process.execPath, ['--eval', LOAD_SCRIPT, file], options));
}
