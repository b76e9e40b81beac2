import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const WB = join(import.meta.dirname, '../../../clients/cli/dist/wb.js');

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `wb` without a terminal. */
export async function wb(
  api: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return await start(api, args, environment).finished;
}

export function start(
  api: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const env = { PATH: process.env.PATH, WORKBENCH_API: api, WORKBENCH_USER: 'ada', ...environment };
  const child = spawn(process.execPath, [WB, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const finished = once(child, 'close').then(
    ([code]): Finished => ({ code: code as number | null, ...output }),
  );
  return { child, output, finished };
}

/** The pseudo-terminal of `script` has no columns, if its own input is no terminal. */
export function terminalCommand(args: string): string {
  return `stty columns 120; "${process.execPath}" "${WB}" ${args}`;
}

/** Runs `wb` in a pseudo-terminal. @returns what the terminal got */
export function onTerminal(
  api: string,
  args: string,
  environment: Readonly<Record<string, string>> = {},
): string {
  // Without the variable CI, with which Node.js uses no colors.
  const env = {
    ...{ PATH: process.env.PATH, WORKBENCH_API: api, WORKBENCH_USER: 'ada', TERM: 'xterm' },
    ...environment,
  };
  const { stdout, status } = spawnSync('script', ['-qec', terminalCommand(args), '/dev/null'], {
    env,
    encoding: 'utf8',
  });
  return `${stdout}exit ${status}`;
}
