import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { LINKED } from './linked-project.ts';

/** Notes how it was called and answers what the test has laid down for its first two words. */
const SCRIPT = `#!/bin/sh
printf '%s' "$(basename "$0")" >> "$FAKE/calls"
for word in "$@"; do printf ' %s' "$word" >> "$FAKE/calls"; done
printf '\\n' >> "$FAKE/calls"
answer="$FAKE/$(basename "$0")-$(printf %s "$1" | tr / .)-$2"
[ -e "$answer.fails" ] && { cat "$answer.fails" >&2; exit 254; }
[ -e "$answer" ] && cat "$answer"
printf '%s' "\${AWS_REGION:-}" > "$FAKE/region-of-$(basename "$0")"
[ -e "$FAKE/$(basename "$0").exits" ] && exit "$(cat "$FAKE/$(basename "$0").exits")"
exit 0
`;

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Programs on a PATH of their own, and a way to run a tool with them. */
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

  /** @param command such as `aws sts get-caller-identity` */
  async answer(command: string, answer: unknown): Promise<void> {
    await this.#lay(nameOf(command), typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  async fail(command: string, words: string): Promise<void> {
    await this.#lay(`${nameOf(command)}.fails`, words);
  }

  async exitWith(program: string, code: number): Promise<void> {
    await this.#lay(`${program}.exits`, String(code));
  }

  /** How they were called, in order. */
  async calls(): Promise<readonly string[]> {
    const text = await readFile(join(this.#folder, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** The region that a program was told of by its environment. */
  async regionOf(program: string): Promise<string> {
    return readFile(join(this.#folder, `region-of-${program}`), 'utf8');
  }

  /** Runs a file of a linked project by this Node.js, with these programs and those of the system alone. */
  async run(
    project: string,
    file: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ProgramResult> {
    const child = spawn(process.execPath, [...LINKED, join(project, file), ...args], {
      cwd: project,
      env: { PATH: `${join(this.#folder, 'bin')}:/usr/bin:/bin`, FAKE: this.#folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    return { code, ...said };
  }

  async #lay(name: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, name), text);
  }
}

/** Of the file with the answer: a program and its first two words, of which the first may be a path. */
function nameOf(command: string): string {
  const [program = '', first = '', second = ''] = command.split(' ');
  return `${program}-${first.replaceAll('/', '.')}-${second}`;
}
