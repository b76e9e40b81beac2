import { spawnSync } from 'node:child_process';

/** Runs a program. Returns whether it exited with 0, and its output. */
export type Probe = (
  program: string,
  args: readonly string[],
) => { readonly ok: boolean; readonly output: string };

/** Minimum Python version of the pinned packages. */
const MIN_VERSION = [3, 11] as const;

/**
 * Returns what is missing to create a Python environment and how to install it, or undefined.
 * @param name what is to be installed into the environment
 */
export function describeMissing(name: string, probe: Probe = run): string | undefined {
  const version = probe('python3', ['--version']);
  if (!version.ok) return describeMissingPart(name, 'python3', 'python3 python3-venv');
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(version.output)?.map(Number) ?? [];
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
    return describeMissingPart(
      name,
      `Python ${MIN_VERSION.join('.')} or later (python3 is ${version.output})`,
      'python3 python3-venv',
    );
  }
  // Debian's python3 lacks ensurepip, and without it venv creates an environment without pip.
  if (!probe('python3', ['-c', 'import venv, ensurepip']).ok) {
    return describeMissingPart(name, 'the modules venv and ensurepip of python3', 'python3-venv');
  }
  return undefined;
}

function describeMissingPart(name: string, missing: string, packages: string): string {
  return [
    `Installing ${name} into a folder of this project requires ${missing}.`,
    `On Debian or Ubuntu: apt-get install -y ${packages}`,
  ].join('\n');
}

function run(program: string, args: readonly string[]): ReturnType<Probe> {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}
