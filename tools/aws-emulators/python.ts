import { spawnSync } from 'node:child_process';

/** Runs a program to its end: whether it ended with 0, and what it said. */
export type Probe = (
  program: string,
  args: readonly string[],
) => { readonly ok: boolean; readonly said: string };

/** The least version that the pinned packages allow. */
const MIN_VERSION = [3, 11] as const;

/** Says what this machine lacks for an environment of Python, and how to get it; undefined when nothing. */
export function describeMissing(probe: Probe = run): string | undefined {
  const version = probe('python3', ['--version']);
  if (!version.ok) return describeNeed('python3', 'python3 python3-venv');
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(version.said)?.map(Number) ?? [];
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
    return describeNeed(
      `Python ${MIN_VERSION.join('.')} or later (python3 is ${version.said})`,
      'python3 python3-venv',
    );
  }
  // Debian leaves the second out of python3, and venv without it makes an environment that has no pip.
  if (!probe('python3', ['-c', 'import venv, ensurepip']).ok) {
    return describeNeed('the modules venv and ensurepip of python3', 'python3-venv');
  }
  return undefined;
}

function describeNeed(what: string, packages: string): string {
  return [
    'The emulators of AWS are Python programs, installed into a folder of this project alone.',
    `That needs what is not here: ${what}.`,
    `On Debian or Ubuntu: apt-get install -y ${packages}`,
  ].join('\n');
}

function run(program: string, args: readonly string[]): ReturnType<Probe> {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, said: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}
