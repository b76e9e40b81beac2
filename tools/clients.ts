/**
 * Installs what the clients of the API are built with into folders of their own (clients/<name>/node_modules), fails when the
 * generated types are stale, and builds the packages. `npm run clients:build`; `test:clients` and `test:gate` begin with it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

install('typescript');
run('typescript', 'run', '--silent', 'generate:check');
run('typescript', 'run', '--silent', 'build');
// The command line is built with the types of the built client.
install('cli');
run('cli', 'run', '--silent', 'build');

function install(client: string): void {
  if (!existsSync(join(folderOf(client), 'node_modules/.package-lock.json')))
    run(client, 'ci', '--no-audit', '--no-fund');
}

function run(client: string, ...args: readonly string[]): void {
  const { status, error } = spawnSync('npm', args, { cwd: folderOf(client), stdio: 'inherit' });
  if (status === 0) return;
  console.error(error?.message ?? `npm ${args.join(' ')} failed in clients/${client}.`);
  if (args.includes('generate:check')) {
    console.error(
      'If src/schema.ts is stale: npm run generate in clients/typescript, and commit the result.',
    );
  }
  process.exit(1);
}

function folderOf(client: string): string {
  return join(import.meta.dirname, '../clients', client);
}
