/**
 * `npm run synth`: synthesizes the stages by the CDK command, offline and without credentials, with every check that
 * a deployment makes too. Ends with 1 when one finds something. The templates are checked, not the code of the
 * functions, which is left out: see `npm run bundle:check`.
 *
 *   node tools/synth.ts [stage…]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { listStages } from '#lib/settings/read-stage.ts';
import { createEmptyBundles } from './synthesize-stage.ts';

const ROOT = resolve(import.meta.dirname, '..');

const began = performance.now();
const stages = process.argv.length > 2 ? process.argv.slice(2) : listStages();
const folder = mkdtempSync(join(tmpdir(), 'workbench-synth-'));
try {
  const code = await synthesize(stages, createEmptyBundles(folder));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${stages.join(', ')}: ${code === 0 ? 'ready' : 'NOT ready'} to be deployed (${seconds} s)`);
  process.exitCode = code;
} finally {
  rmSync(folder, { recursive: true });
}

/** All at once: the checks take most of the time to begin, and little more for each further stage. */
function synthesize(names: readonly string[], bundles: string): Promise<number> {
  const context = ['-c', `stage=${names.join(',')}`, '-c', `bundles=${bundles}`];
  const cdk = spawn(join(ROOT, 'node_modules/.bin/cdk'), ['synth', '--quiet', ...context], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((done, failed) => {
    cdk.on('error', failed);
    cdk.on('close', (exit) => done(exit ?? 1));
  });
}
