import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { anchorOf, sectionsOf } from './headings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ANCHORS = sectionsOf(readFileSync(join(ROOT, 'docs/lifecycle.md'), 'utf8')).map(({ title }) =>
  anchorOf(title),
);

/** The sections of docs/lifecycle.md to which comments in the product's code refer, as `file: anchor`. */
function referencesInCode(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', 'core', 'adapters', 'functions', 'gate', 'lib', 'local'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const references = readFileSync(join(ROOT, file), 'utf8').matchAll(/docs\/lifecycle\.md#([\w-]+)/g);
    return [...references].map(([, anchor]) => `${file}: ${anchor}`);
  });
}

it('docs/lifecycle.md has every section to which the code refers', () => {
  const references = referencesInCode();
  expect(references.length).toBeGreaterThan(0);
  expect(references.filter((reference) => !ANCHORS.includes(reference.split(': ')[1] ?? ''))).toEqual([]);
});

it('the code refers to every rule in docs/lifecycle.md', () => {
  const referenced = new Set(referencesInCode().map((reference) => reference.split(': ')[1]));
  const overview = ['the-life-cycle', 'the-parts'];
  expect(ANCHORS.filter((anchor) => !overview.includes(anchor) && !referenced.has(anchor))).toEqual([]);
});
