import type { Environment } from '../../bench/environment.ts';
import { environmentTable, markdownTable } from '../../bench/markdown.ts';
import { type Equivalent, findEquivalenceReason, type Mutation, scoreOf } from './mutation.ts';

export interface MutationRun {
  readonly machine: Environment;
  /** The tools, for example `Stryker 10.1.1, vitest 5.1.1`. */
  readonly versions: string;
  readonly seconds: number;
  readonly mutations: readonly Mutation[];
}

/** The maximum length of source text in a table, in characters. */
const SHOWN_MAX = 70;

/** The page of results: the score by file, the survivors, and the equivalent mutations with their reasons. */
export function formatMutationPage(run: MutationRun, list: readonly Equivalent[]): string {
  const { machine, versions, seconds, mutations } = run;
  return [
    '# Mutations of core/',
    '',
    '<!-- Written by `npm run mutation`. Do not edit. -->',
    '',
    'Each mutation is one change in a source file. The tests in test/core that execute the changed code run with it. The',
    'score is the share of mutations that a test finds, without equivalent and unloadable ones.',
    '',
    `**Score: ${formatPercent(scoreOf(mutations))}** of ${mutations.length} mutations. ${versions}, ${Math.round(seconds / 60)} min.`,
    '',
    formatScoreTable(mutations),
    '',
    '## Survivors',
    '',
    formatSurvivorTable(mutations),
    '',
    '## Equivalent',
    '',
    formatEquivalentTable(mutations, list),
    '',
    environmentTable(machine),
    '',
  ].join('\n');
}

/** The score and the outcomes by file. */
export function formatScoreTable(mutations: readonly Mutation[]): string {
  const files = [...new Set(mutations.map(({ file }) => file))].sort();
  const formatRow = (name: string, rowMutations: readonly Mutation[]) => {
    const count = (outcome: Mutation['outcome']) =>
      String(rowMutations.filter((mutation) => mutation.outcome === outcome).length);
    const outcomes = ['killed', 'timeout', 'survived', 'unreached', 'equivalent', 'unloadable'] as const;
    return [name, formatPercent(scoreOf(rowMutations)), ...outcomes.map(count)];
  };
  return markdownTable([
    ['file', 'score', 'killed', 'timed out', 'survived', 'unreached', 'equivalent', 'unloadable'],
    ...files.map((file) =>
      formatRow(
        file,
        mutations.filter((mutation) => mutation.file === file),
      ),
    ),
    formatRow('**all**', mutations),
  ]);
}

function formatSurvivorTable(mutations: readonly Mutation[]): string {
  const survivors = mutations.filter(({ outcome }) => outcome === 'survived' || outcome === 'unreached');
  if (survivors.length === 0) return 'None.';
  const rows = survivors.map(({ file, line, column, kind, original, replacement, outcome }) => [
    `${file}:${line}:${column}`,
    kind + (outcome === 'unreached' ? ' (not executed by any test)' : ''),
    formatCode(original),
    formatCode(replacement),
  ]);
  return markdownTable([['where', 'kind', 'source', 'mutation'], ...rows]);
}

function formatEquivalentTable(mutations: readonly Mutation[], list: readonly Equivalent[]): string {
  const rows = mutations
    .filter(({ outcome }) => outcome === 'equivalent')
    .map((mutation) => {
      const { file, line, original, replacement } = mutation;
      return [
        `${file}:${line}`,
        formatCode(original),
        formatCode(replacement),
        findEquivalenceReason(mutation, list) ?? '',
      ];
    });
  return rows.length === 0 ? 'None.' : markdownTable([['where', 'source', 'mutation', 'reason'], ...rows]);
}

function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Inline code for a table cell, shortened to SHOWN_MAX. */
function formatCode(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX - 1)}…` : line;
  if (shown === '') return '(nothing)';
  const hasBacktick = shown.includes('`');
  const delimiter = hasBacktick ? '``' : '`';
  const space = hasBacktick ? ' ' : '';
  return `${delimiter}${space}${shown.replaceAll('|', '\\|')}${space}${delimiter}`;
}
