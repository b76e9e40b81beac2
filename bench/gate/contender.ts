import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export type RequestHeaders = Readonly<Record<string, string>>;

/** A proxy in front of the backend, or the backend itself. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  /** What the browser of each visitor sends with each request. Requests come from the first visitor, WebSockets from all. */
  readonly visitors: readonly [RequestHeaders, ...RequestHeaders[]];
  /** All processes that work for a request, without the backend. Empty if there is no proxy. */
  readonly pids: () => readonly number[];
  readonly close: () => Promise<void>;
}

/** A contender, or why it cannot be measured here. */
export type Opened = Contender | { readonly name: string; readonly missing: string };

export interface Program {
  readonly pid: number;
  readonly close: () => Promise<void>;
}

/** How long a program may take until it listens, milliseconds. A busy computer is slow. */
const START_TIMEOUT_MS = 60_000;
/** The last characters of its output to keep. */
const OUTPUT_CHARS_MAX = 4_000;

/** Starts a script of Node.js that prints its port. */
export async function startScript(...args: readonly string[]): Promise<Program & { readonly port: number }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`${args[0]} ended before it listened`);
    }),
  ]);
  return { ...programOf(child), port: Number(String(line)) };
}

/** Starts a program and waits until `isReady` returns true. */
export async function startProgram(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  isReady: () => Promise<boolean>,
): Promise<Program> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    // A full pipe would block it.
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-OUTPUT_CHARS_MAX);
    });
  }
  child.once('error', (error) => {
    output = `${output}${error.message}`;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isReady().catch(() => false))) {
    const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${file} did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return programOf(child);
}

function programOf(child: ChildProcess): Program {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid as number,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Returns a process and its children. Linux only. */
export function withChildren(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
}
