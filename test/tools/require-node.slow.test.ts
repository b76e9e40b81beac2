import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Runs a tool on a Node.js that reports this version. */
async function runOn(version: string, tool: string) {
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

it.each(['tools/deploy.mjs', 'tools/push-image.mjs'])('%s runs on a version that suffices', async (tool) => {
  expect((await runOn('24.9.0', tool)).code).toBe(0);
});

it.each([
  ['tools/deploy.mjs', '22.20.0'],
  ['tools/push-image.mjs', '22.20.0'],
  ['tools/local-backup.mjs', '20.19.0'],
  ['tools/local-restore.mjs', '20.19.0'],
  ['tools/local-import.mjs', '20.19.0'],
  ['tools/local-rotate-gate-keys.mjs', '20.19.0'],
  ['local/start.mjs', '20.19.0'],
  ['local/start.mjs', '24.8.9'],
])('%s reports the required Node.js on %s', async (tool, version) => {
  const { code, stdout, stderr } = await runOn(version, tool);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`Node.js 24.9 or newer is required. This is ${version}.`);
});

it('every command for operators and users checks the version before it loads TypeScript', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = ['start', 'deploy', 'image:push', 'local:backup', 'local:restore', 'local:import'];
  for (const name of commands) expect(scripts[name]).toMatch(/^(exec )?node (--[\w=-]+ )*[\w/-]+\.mjs$/);
});
