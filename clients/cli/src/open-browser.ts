import { spawn } from 'node:child_process';

const COMMANDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens an address in the browser of the desktop. Returns whether a program took it. The address reaches no shell: on Windows `&`
 * is escaped for `start`.
 */
export async function openBrowser(url: string): Promise<boolean> {
  const [program, ...args] = COMMANDS[process.platform] ?? ['xdg-open'];
  const target = process.platform === 'win32' ? url.replaceAll('&', '^&') : url;
  return await new Promise((resolve) => {
    const child = spawn(program, [...args, target], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
