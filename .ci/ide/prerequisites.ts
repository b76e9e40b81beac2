import { spawnSync } from 'node:child_process';

/** Answers whether a program ran and ended with 0; `input` is its standard input. */
export type Probe = (program: string, args: readonly string[], input?: string) => boolean;

/** Something that parts of code-server are compiled with. */
interface Prerequisite {
  readonly name: string;
  /** The package that brings it on Debian and Ubuntu. */
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

/** Says what is missing on this machine and how to get it; undefined when nothing is. */
export function describeMissing(probe: Probe = run, platform: string = process.platform): string | undefined {
  const missing = PREREQUISITES.filter(({ isPresent: there }) => !there(probe));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const how =
    platform === 'darwin'
      ? 'Get them with: xcode-select --install'
      : `On Debian or Ubuntu: apt-get install -y ${packages.join(' ')}`;
  return [
    'Parts of code-server are compiled on this machine, and that needs what is not here:',
    ...missing.map(({ name }) => `  - ${name}`),
    how,
  ].join('\n');
}

function run(program: string, args: readonly string[], input = ''): boolean {
  return spawnSync(program, args, { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}
