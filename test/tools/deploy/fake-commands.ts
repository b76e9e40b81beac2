import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { COMPILED, LINKED } from './linked-project.ts';

/**
 * Records its call and prints the output that the test has defined for its first two arguments, or for these and
 * `--stack-name`.
 */
const SCRIPT = `#!/bin/sh
printf '%s' "$(basename "$0")" >> "$FAKE/calls"
for word in "$@"; do printf ' %s' "$word" >> "$FAKE/calls"; done
printf '\\n' >> "$FAKE/calls"
output="$FAKE/$(basename "$0")-$(printf %s "$1" | tr / .)-$2"
[ "$3" = --stack-name ] && [ -e "$output-$4" ] && output="$output-$4"
[ -e "$output.fails" ] && { cat "$output.fails" >&2; exit 254; }
[ -e "$output" ] && cat "$output"
printf '%s' "\${AWS_REGION:-}" > "$FAKE/region-of-$(basename "$0")"
[ -e "$FAKE/$(basename "$0").exits" ] && exit "$(cat "$FAKE/$(basename "$0").exits")"
exit 0
`;

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Fake programs on a separate PATH, and a method to run a tool with them. */
export class FakeCommands {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async of(...names: readonly string[]): Promise<FakeCommands> {
    const folder = await mkdtemp(join(tmpdir(), 'wb-commands-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'bin'));
    for (const name of names) {
      const file = join(folder, 'bin', name);
      await writeFile(file, SCRIPT);
      await chmod(file, 0o755);
    }
    return new FakeCommands(folder);
  }

  /** Defines the output of a command. @param command For example `aws sts get-caller-identity`. */
  async setOutput(command: string, output: unknown): Promise<void> {
    await this.#write(outputFileOf(command), typeof output === 'string' ? output : JSON.stringify(output));
  }

  async fail(command: string, message: string): Promise<void> {
    await this.#write(`${outputFileOf(command)}.fails`, message);
  }

  async exitWith(program: string, code: number): Promise<void> {
    await this.#write(`${program}.exits`, String(code));
  }

  /** All command lines, in order. */
  async calls(): Promise<readonly string[]> {
    const text = await readFile(join(this.#folder, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Returns the region in the environment of a program. */
  async regionOf(program: string): Promise<string> {
    return readFile(join(this.#folder, `region-of-${program}`), 'utf8');
  }

  /** Runs a file of a linked project with this Node.js and a PATH of these programs and those of the system. */
  async run(
    project: string,
    file: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ProgramResult> {
    const child = spawn(process.execPath, [...LINKED, join(project, file), ...args], {
      cwd: project,
      env: {
        PATH: `${join(this.#folder, 'bin')}:/usr/bin:/bin`,
        FAKE: this.#folder,
        NODE_COMPILE_CACHE: join(project, COMPILED),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    return { code, ...output };
  }

  async #write(name: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, name), text);
  }
}

/**
 * Returns the file with the output of a command: the program, its first two arguments, and the name of a stack. The first
 * argument can be a path.
 */
function outputFileOf(command: string): string {
  const [program = '', first = '', second = '', third, fourth] = command.split(' ');
  const stack = third === '--stack-name' ? `-${fourth}` : '';
  return `${program}-${first.replaceAll('/', '.')}-${second}${stack}`;
}
