import type { Machine } from '../../bench/machine.ts';
import { machineTable, markdownTable } from '../../bench/markdown.ts';
import { type Equivalent, type Mutation, scoreOf, whyEquivalent } from './mutation.ts';

export interface MutationRun {
  readonly machine: Machine;
  /** What did it: `Stryker 10.1.1, vitest 5.1.1`. */
  readonly versions: string;
  readonly seconds: number;
  readonly mutations: readonly Mutation[];
}

/** The longest piece of source that a table shows, in characters. */
const SHOWN_MAX = 70;

/** The score by file, what survived, and what could not be found and why. */
export function mutationPage(run: MutationRun, list: readonly Equivalent[]): string {
  const { machine, versions, seconds, mutations } = run;
  return [
    '# Mutations of core/',
    '',
    '<!-- Written by `npm run mutation`. Do not edit. -->',
    '',
    'Changes planted in the sources one at a time, each held against the tests in test/core that run the place. The',
    'score is the share of those found, of those that change anything.',
    '',
    `**Score: ${percent(scoreOf(mutations))}** of ${mutations.length} mutations. ${versions}, ${Math.round(seconds / 60)} min.`,
    '',
    scoreTable(mutations),
    '',
    '## Survivors',
    '',
    survivorTable(mutations),
    '',
    '## Equivalent',
    '',
    equivalentTable(mutations, list),
    '',
    machineTable(machine),
    '',
  ].join('\n');
}

export function scoreTable(mutations: readonly Mutation[]): string {
  const files = [...new Set(mutations.map(({ file }) => file))].sort();
  const row = (name: string, of: readonly Mutation[]) => {
    const count = (outcome: Mutation['outcome']) =>
      String(of.filter((mutation) => mutation.outcome === outcome).length);
    const outcomes = ['killed', 'timeout', 'survived', 'unreached', 'equivalent', 'unloadable'] as const;
    return [name, percent(scoreOf(of)), ...outcomes.map(count)];
  };
  return markdownTable([
    ['file', 'score', 'killed', 'timed out', 'survived', 'unreached', 'equivalent', 'unloadable'],
    ...files.map((file) =>
      row(
        file,
        mutations.filter((mutation) => mutation.file === file),
      ),
    ),
    row('**all**', mutations),
  ]);
}

function survivorTable(mutations: readonly Mutation[]): string {
  const left = mutations.filter(({ outcome }) => outcome === 'survived' || outcome === 'unreached');
  if (left.length === 0) return 'None.';
  const rows = left.map(({ file, line, column, kind, original, replacement, outcome }) => [
    `${file}:${line}:${column}`,
    kind + (outcome === 'unreached' ? ' (no test runs it)' : ''),
    code(original),
    code(replacement),
  ]);
  return markdownTable([['where', 'kind', 'source', 'mutation'], ...rows]);
}

function equivalentTable(mutations: readonly Mutation[], list: readonly Equivalent[]): string {
  const rows = mutations
    .filter(({ outcome }) => outcome === 'equivalent')
    .map((mutation) => {
      const { file, line, original, replacement } = mutation;
      return [`${file}:${line}`, code(original), code(replacement), whyEquivalent(mutation, list) ?? ''];
    });
  return rows.length === 0 ? 'None.' : markdownTable([['where', 'source', 'mutation', 'why'], ...rows]);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX - 1)}…` : line;
  if (shown === '') return '(nothing)';
  const fence = shown.includes('`') ? '``' : '`';
  const gap = shown.includes('`') ? ' ' : '';
  return `${fence}${gap}${shown.replaceAll('|', '\\|')}${gap}${fence}`;
}
