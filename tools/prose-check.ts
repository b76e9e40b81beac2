import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRepositoryFiles } from './repository-files.ts';

/**
 * Counts phrases that docs/style.md and docs/glossary.md rule out, and compares the counts with
 * tools/prose-limits.json. Limits may only fall: a count above its limit fails, and so does a count below it.
 *
 *   node tools/prose-check.ts            exit code 1 if a count differs from its limit
 *   node tools/prose-check.ts --lower    writes the counts that are below their limits
 *   node tools/prose-check.ts --where PHRASE    prints each place of a phrase
 */

const ROOT = resolve(import.meta.dirname, '..');
const LIMITS = join(ROOT, 'tools/prose-limits.json');

/** These pages quote what they rule out. */
const QUOTING = [
  'docs/glossary.md',
  'docs/style.md',
  'test/tools/glossary/names.test.ts',
  'tools/prose-limits.json',
  'tools/prose-check.ts',
];
/** Their texts are those of other files. */
const GENERATED = ['bench/results/', 'clients/python/src/workbench_client/generated/'];
const READ = /\.(tsx?|css|mjs|js|md|sh|py|yaml|html)$|(^|\/)(Dockerfile|\.ci\/run)$/;

/** A phrase → the most places it may have. */
type Limits = Record<string, number>;

interface Place {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** The text in lower case, with names split into words. */
  readonly words: string;
}

/** Every tracked file that people read, as lines with names split into words: `isOwedNow` → `is Owed Now`. */
function readLines(): Place[] {
  const files = readRepositoryFiles(
    (file) =>
      READ.test(file) && !QUOTING.includes(file) && !GENERATED.some((folder) => file.startsWith(folder)),
  );
  return [...files].flatMap(([file, text]) =>
    text.split('\n').map((line, index) => ({ file, line: index + 1, text: line, words: splitNames(line) })),
  );
}

function splitNames(text: string): string {
  return text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();
}

function findPhrase(lines: readonly Place[], phrase: string): Place[] {
  const words = phrase.split(' ').map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`\\b${words.join('\\s+')}\\b`, 'g');
  const [first = ''] = phrase.split(' ');
  const candidates = lines.filter((place) => place.words.includes(first));
  return candidates.flatMap((place) => [...place.words.matchAll(pattern)].map(() => place));
}

function main(): number {
  const limits = JSON.parse(readFileSync(LIMITS, 'utf8')) as Limits;
  const lines = readLines();
  const [option, phrase] = process.argv.slice(2);
  if (option === '--where' && phrase !== undefined) {
    for (const { file, line, text } of findPhrase(lines, phrase))
      console.log(`${file}:${line}: ${text.trim()}`);
    return 0;
  }
  const counts = new Map(Object.keys(limits).map((key) => [key, findPhrase(lines, key).length]));
  if (option === '--lower') {
    const lowered = Object.entries(limits).map(([key, limit]) => [
      key,
      Math.min(limit, counts.get(key) ?? 0),
    ]);
    writeFileSync(LIMITS, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`);
    return 0;
  }
  let failures = 0;
  for (const [key, count] of counts) {
    const limit = limits[key] ?? 0;
    if (count === limit) continue;
    failures += 1;
    console.log(
      count > limit
        ? `"${key}": ${count} places, at most ${limit} allowed. See docs/style.md; list them with --where "${key}".`
        : `"${key}": ${count} places, limit ${limit}. Lower the limit with --lower.`,
    );
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  console.log(`prose: ${counts.size} phrases, ${total} places, ${failures} limits missed`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = main();
