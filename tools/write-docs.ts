/**
 * Writes the generated files of docs/. With `--check` only compares them, and ends with 1 if one is stale.
 *
 *   node tools/write-docs.ts [--check] [folder]
 */
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDocs } from './docs/generate-docs.ts';

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folder = resolve(positionals[0] ?? join(import.meta.dirname, '../docs'));
const stale = (await writeDocs(folder, values)).map((name) => relative(process.cwd(), join(folder, name)));

if (!values.check) {
  console.log(stale.length === 0 ? 'The docs are up to date.' : `Wrote ${stale.join(', ')}`);
} else if (stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run \`npm run docs\`.`);
  process.exitCode = 1;
}
