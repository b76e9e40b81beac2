import { spawnSync } from 'node:child_process';

/** Returns whether a program exited with 0. `input` is its standard input. */
export type Probe = (program: string, args: readonly string[], input?: string) => boolean;

/** A tool or header that is required to compile native modules of code-server. */
interface Prerequisite {
  readonly name: string;
  /** Its package on Debian and Ubuntu. */
  readonly debian: string;
  readonly isPresent: (probe: Probe) => boolean;
}

const PREREQUISITES: readonly Prerequisite[] = [
  {
    name: 'a C++ compiler (g++)',
    debian: 'build-essential',
    isPresent: (probe) => probe('c++', ['--version']) || probe('g++', ['--version']),
  },
  { name: 'make', debian: 'build-essential', isPresent: (probe) => probe('make', ['--version']) },
  { name: 'python3', debian: 'python3', isPresent: (probe) => probe('python3', ['--version']) },
  {
    name: 'the headers of Kerberos (gssapi/gssapi.h)',
    debian: 'libkrb5-dev',
    isPresent: (probe) => probe('c++', ['-E', '-x', 'c++', '-'], '#include <gssapi/gssapi.h>\n'),
  },
];

/** Returns what is missing and how to install it, or undefined. */
export function describeMissing(probe: Probe = run, platform: string = process.platform): string | undefined {
  const missing = PREREQUISITES.filter(({ isPresent }) => !isPresent(probe));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const advice =
    platform === 'darwin'
      ? 'Install them with: xcode-select --install'
      : `On Debian or Ubuntu: apt-get install -y ${packages.join(' ')}`;
  return ['Compiling code-server requires:', ...missing.map(({ name }) => `  - ${name}`), advice].join('\n');
}

function run(program: string, args: readonly string[], input = ''): boolean {
  return spawnSync(program, args, { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}
