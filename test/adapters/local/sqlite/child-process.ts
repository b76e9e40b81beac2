import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** Starts `writing-process.ts` on a folder. It is killed when the test has ended. */
export function startWritingProcess(folder: string) {
  const script = new URL('./writing-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => {
    const line = await lines.next();
    return line.done ? undefined : line.value;
  };
  return {
    next,
    /** Kills the process and returns the remaining complete lines. */
    async kill(): Promise<string[]> {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      const rest: string[] = [];
      for (let line = await next(); line !== undefined; line = await next()) rest.push(line);
      await closed;
      return rest.filter((line) => line.length === 26);
    },
  };
}
