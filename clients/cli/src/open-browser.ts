import { spawn } from 'node:child_process';

const COMMANDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** A program that has not ended by then has taken the address, milliseconds: some of them end with the browser. */
const TAKEN_AFTER_MS = 3_000;

/**
 * Opens an address in the browser of the desktop. Returns whether a program took it. The address reaches no shell: on Windows `&`
 * is escaped for `start`.
 */
export async function openBrowser(url: string): Promise<boolean> {
  const [program, ...args] = COMMANDS[process.platform] ?? ['xdg-open'];
  const target = process.platform === 'win32' ? url.replaceAll('&', '^&') : url;
  return await new Promise((resolve) => {
    const child = spawn(program, [...args, target], { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => resolve(true), TAKEN_AFTER_MS);
    const end = (isTaken: boolean) => {
      clearTimeout(timer);
      resolve(isTaken);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
    // It may outlive this process.
    child.unref();
  });
}
