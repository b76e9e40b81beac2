import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** The computer and state with which results were measured. */
export interface Environment {
  readonly date: string;
  /** The measured commit, followed by `+` if files differ from it. */
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
}

export function describeEnvironment(): Environment {
  return {
    date: new Date().toISOString(),
    commit: readCommit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${readDistribution()}${type()} ${release()}`,
    node: process.version,
  };
}

/** Returns the description in one line. */
export function environmentLine(
  { cpu, cores, memoryGib, node }: Environment = describeEnvironment(),
): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}`;
}

/** Says how busy the computer was, because results of a busy one are too low. */
export function loadLine(runnable: number, cores: number): string {
  return `Before the measurement, ${runnable.toFixed(1)} processes were runnable on ${cores} cores (average of 1 minute).`;
}

function readCommit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--', ':/', ':!/bench/results') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

function readDistribution(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return name === undefined ? '' : `${name}, `;
  } catch {
    return '';
  }
}
