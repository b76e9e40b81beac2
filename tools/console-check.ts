/**
 * Checks the size of the built console: what a browser loads before it shows the first screen. Exits with 1 if it is larger than the
 * budget. `npm run console:check` builds it before.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildConsoleIfStale } from '#local/console/console-build.ts';
import { markdownTable } from '../bench/markdown.ts';

/** Of all files together, compressed. Bytes. */
const FIRST_LOAD_MAX_BYTES = 200_000;

const folder = await buildConsoleIfStale();
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = await Promise.all(
  entries
    .filter((entry) => entry.isFile() && extname(entry.name) !== '')
    .map(async ({ parentPath, name }) => {
      const content = await readFile(join(parentPath, name));
      return { name, bytes: content.length, compressed: gzipSync(content, { level: 9 }).length };
    }),
);
const total = files.reduce((sum, { compressed }) => sum + compressed, 0);
const rows = files.map(({ name, bytes, compressed }) => [name, String(bytes), String(compressed)]);
console.log(
  markdownTable([['file', 'bytes', 'compressed by gzip'], ...rows, ['all files', '', String(total)]]),
);
if (total > FIRST_LOAD_MAX_BYTES) {
  console.error(`The console has ${total} bytes compressed; the limit is ${FIRST_LOAD_MAX_BYTES}.`);
  process.exitCode = 1;
}
