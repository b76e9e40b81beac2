import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** What a tool says on a Node.js that calls itself so. */
async function on(version: string, tool: string) {
  const pretend = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    join(ROOT, tool),
    '--help',
  ];
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

it.each(['tools/deploy.mjs', 'tools/push-image.mjs'])(
  '%s says which Node.js it needs on an older one',
  async (tool) => {
    const { code, stderr } = await on('22.20.0', tool);
    expect(code).toBe(1);
    expect(stderr).toContain('This is Node.js 22.20.0, and deploying needs 24');
    expect((await on('24.0.0', tool)).code).toBe(0);
  },
);
