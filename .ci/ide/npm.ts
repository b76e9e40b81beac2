import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** How npm is started: a program and what comes before npm's own arguments. */
export type Npm = readonly [program: string, ...before: string[]];

/** The npm that has started this process, on the Node.js that runs this. */
export function currentNpm(): Npm {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm'];
}

/** The npm of the folder's own `node_modules`. */
export function npmInFolder(folder: string): Npm {
  return [process.execPath, join(folder, 'node_modules/npm/bin/npm-cli.js')];
}

/** Runs npm in a folder, appending all it says to a log. Answers whether it succeeded. */
export async function runNpm(
  [program, ...before]: Npm,
  args: readonly string[],
  { folder, log }: { readonly folder: string; readonly log: string },
): Promise<boolean> {
  const output = openSync(log, 'a');
  try {
    const child = spawn(program, [...before, ...args], {
      cwd: folder,
      env: npmEnvironment(),
      stdio: ['ignore', output, output],
    });
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code === 0));
    });
  } finally {
    closeSync(output);
  }
}

/**
 * What makes npm, and every npm that install scripts call, build for the Node.js that runs this. A machine's
 * settings may point `nodedir` at the headers of another one: what is built with those crashes or does not load.
 */
function npmEnvironment(): NodeJS.ProcessEnv {
  const nodeFolder = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(nodeFolder, 'include/node/node.h'));
  // The npm that runs this has put its own Node.js there, perhaps an older one, its builder and its project.
  const {
    npm_config_user_agent,
    npm_config_local_prefix,
    npm_config_node_gyp,
    npm_node_execpath,
    npm_execpath,
    ...inherited
  } = process.env;
  return {
    ...inherited,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    ...(hasHeaders ? { npm_config_nodedir: nodeFolder } : {}),
  };
}
