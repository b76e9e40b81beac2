import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A program and its first arguments, which start npm. */
export type Npm = readonly [program: string, ...firstArguments: string[]];

/** Returns the npm that started this process, run with the current Node.js. */
export function currentNpm(): Npm {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm'];
}

/** Returns the npm in the folder's `node_modules`. */
export function npmInFolder(folder: string): Npm {
  return [process.execPath, join(folder, 'node_modules/npm/bin/npm-cli.js')];
}

/** Runs npm in a folder and appends its output to a log. Returns whether it succeeded. */
export async function runNpm(
  [program, ...firstArguments]: Npm,
  args: readonly string[],
  { folder, log }: { readonly folder: string; readonly log: string },
): Promise<boolean> {
  const output = openSync(log, 'a');
  try {
    const child = spawn(program, [...firstArguments, ...args], {
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
 * Returns an environment in which npm, and each npm that install scripts start, builds for the current Node.js. The
 * user's npm configuration may set `nodedir` to the headers of another version, and the modules would crash.
 */
function npmEnvironment(): NodeJS.ProcessEnv {
  const nodeFolder = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(nodeFolder, 'include/node/node.h'));
  // The npm that started this process has set these for its own, possibly older, Node.js and for its project.
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
