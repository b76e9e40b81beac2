/**
 * Installs what the clients of the API are built with into folders of their own (clients/typescript/node_modules), fails when
 * the generated types are stale, and builds the package. For `npm run test:clients`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const TYPESCRIPT = join(import.meta.dirname, '../clients/typescript');

if (!existsSync(join(TYPESCRIPT, 'node_modules/.package-lock.json'))) run('ci', '--no-audit', '--no-fund');
run('run', '--silent', 'generate:check');
run('run', '--silent', 'build');

function run(...args: readonly string[]): void {
  const { status, error } = spawnSync('npm', args, { cwd: TYPESCRIPT, stdio: 'inherit' });
  if (status === 0) return;
  console.error(error?.message ?? `npm ${args.join(' ')} failed in clients/typescript.`);
  if (args.includes('generate:check')) {
    console.error(
      'If src/schema.ts is stale: npm run generate in clients/typescript, and commit the result.',
    );
  }
  process.exit(1);
}
