/**
 * `npm run synth`: synthesizes the stages with the CDK command, offline and without credentials, with all checks of a
 * deployment. Exits with 1 if a check fails. It checks only the templates and uses empty bundles and an empty console: `npm run
 * bundle:check`
 * checks the code of the functions.
 *
 *   node tools/synth.ts [stage…]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { listStages } from '#lib/settings/read-stage.ts';
import { createEmptyBundles, createEmptyConsole } from './synthesize-stage.ts';

const ROOT = resolve(import.meta.dirname, '..');

const start = performance.now();
const stages = process.argv.length > 2 ? process.argv.slice(2) : listStages();
const folder = mkdtempSync(join(tmpdir(), 'workbench-synth-'));
try {
  const code = await synthesize(stages, createEmptyBundles(folder), createEmptyConsole(folder));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${stages.join(', ')}: ${code === 0 ? 'ready' : 'NOT ready'} to deploy (${seconds} s)`);
  process.exitCode = code;
} finally {
  rmSync(folder, { recursive: true });
}

/** Synthesizes all stages in one process: most of the time is the start of the checks. */
function synthesize(names: readonly string[], bundles: string, consoleFolder: string): Promise<number> {
  const context = [`stage=${names.join(',')}`, `bundles=${bundles}`, `console=${consoleFolder}`].flatMap(
    (value) => ['-c', value],
  );
  const cdk = spawn(join(ROOT, 'node_modules/.bin/cdk'), ['synth', '--quiet', ...context], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((done, failed) => {
    cdk.on('error', failed);
    cdk.on('close', (exit) => done(exit ?? 1));
  });
}
