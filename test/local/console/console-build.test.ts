import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { isConsoleSource } from '#local/console/console-build.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

it('the console is built again after a change of every file that it imports', () => {
  const sources = globSync('console/src/**/*.{ts,tsx}', { cwd: ROOT });
  const imported = sources.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    // An import of types is erased.
    return [...text.matchAll(/import (?!type )[^'";]*from '#([^']+)'/g)].map((match) => match[1] ?? '');
  });
  expect(imported).toContain('core/access/rights.ts');
  expect([...new Set(imported)].filter((file) => !isConsoleSource(file))).toEqual([]);
});
