import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EQUIVALENTS } from '#tools/mutation/equivalents.ts';
import {
  type Equivalent,
  type Mutation,
  markEquivalents,
  scoreOf,
  toMutation,
} from '#tools/mutation/mutation.ts';
import { formatMutationPage } from '#tools/mutation/page.ts';

const SOURCE = ['const one = 1;', 'if (a &&', '  b) {', '}'].join('\n');

function result(status: string, start: readonly [number, number], end: readonly [number, number]) {
  const place = ([line, column]: readonly [number, number]) => ({ line, column });
  return {
    fileName: '/somewhere/core/x.ts',
    location: { start: place(start), end: place(end) },
    mutatorName: 'LogicalOperator',
    replacement: 'a || b',
    status,
  };
}

function aMutation(fields: Partial<Mutation> = {}): Mutation {
  return {
    ...{ file: 'core/x.ts', line: 2, column: 5, kind: 'LogicalOperator', outcome: 'killed' },
    ...{ text: 'if (a && b) {', original: 'a && b', replacement: 'a || b' },
    ...fields,
  };
}

describe('toMutation', () => {
  it('returns the replaced text, also over several lines', () => {
    expect(toMutation(result('Survived', [2, 5], [3, 4]), 'core/x.ts', SOURCE)).toEqual(
      aMutation({ text: 'if (a &&', original: 'a &&\n  b', outcome: 'survived' }),
    );
    expect(toMutation(result('Killed', [1, 13], [1, 14]), 'core/x.ts', SOURCE).original).toBe('1');
  });

  it.each([
    ['Killed', 'killed'],
    ['Timeout', 'timeout'],
    ['Survived', 'survived'],
    ['NoCoverage', 'unreached'],
    ['RuntimeError', 'unloadable'],
  ])('returns for the Stryker status %s the outcome %s', (status, outcome) => {
    expect(toMutation(result(status, [1, 13], [1, 14]), 'core/x.ts', SOURCE).outcome).toBe(outcome);
  });

  it('throws for a mutation without an outcome', () => {
    expect(() => toMutation(result('Pending', [1, 13], [1, 14]), 'core/x.ts', SOURCE)).toThrow(
      'core/x.ts:1:13 LogicalOperator has no outcome: Pending',
    );
  });
});

describe('scoreOf', () => {
  it('returns the share of mutations found, without equivalent and unloadable ones', () => {
    const outcomes = ['killed', 'timeout', 'survived', 'unreached', 'equivalent', 'unloadable'] as const;
    expect(scoreOf(outcomes.map((outcome) => aMutation({ outcome })))).toBe(0.5);
    expect(scoreOf([])).toBe(1);
  });
});

describe('markEquivalents', () => {
  const entry: Equivalent = {
    ...{ file: 'core/x.ts', text: 'if (a && b) {', why: 'a is b' },
    changes: [['a && b', 'a || b']],
  };
  const LINE = 'core/x.ts: if (a && b) {: a && b → a || b';

  it('marks listed mutations that survived', () => {
    const { mutations, outdated } = markEquivalents(
      [aMutation({ outcome: 'survived' }), aMutation({ outcome: 'survived', replacement: 'true' })],
      [entry],
    );
    expect(mutations.map(({ outcome }) => outcome)).toEqual(['equivalent', 'survived']);
    expect(outdated).toEqual([]);
  });

  it('marks listed mutations whose tests did not finish, as on a busy computer', () => {
    const { mutations, outdated } = markEquivalents([aMutation({ outcome: 'timeout' })], [entry]);
    expect(mutations.map(({ outcome }) => outcome)).toEqual(['equivalent']);
    expect(outdated).toEqual([]);
  });

  it('returns an entry as outdated if a test finds its mutation, or no mutation matches it', () => {
    expect(markEquivalents([aMutation({ outcome: 'killed' })], [entry])).toEqual({
      mutations: [aMutation({ outcome: 'killed' })],
      outdated: [LINE],
    });
    expect(markEquivalents([aMutation({ original: 'a && c' })], [entry]).outdated).toEqual([LINE]);
  });

  it('matches the source line: the same change in another line is not marked', () => {
    const otherLine = aMutation({ text: 'while (a && b) {', outcome: 'survived' });
    expect(markEquivalents([otherLine], [entry])).toEqual({ mutations: [otherLine], outdated: [LINE] });
  });

  it('ignores entries of files that were not mutated', () => {
    expect(markEquivalents([aMutation({ file: 'core/y.ts' })], [entry]).outdated).toEqual([]);
  });
});

describe('formatMutationPage', () => {
  const machine = {
    ...{ date: '2030-01-01T00:00:00.000Z', commit: 'abc', cpu: 'A CPU', cores: 2, memoryGib: 8 },
    ...{ system: 'Linux', node: 'v24' },
  };
  const mutations = [
    aMutation(),
    aMutation({ outcome: 'survived', original: 'a  |\n  b', replacement: '' }),
    aMutation({ file: 'core/y.ts', line: 7, outcome: 'unreached', original: '`x`', replacement: '``' }),
    aMutation({ outcome: 'equivalent', original: 'b' }),
  ];
  const why: Equivalent = {
    ...{ file: 'core/x.ts', text: 'if (a && b) {', why: 'The reason.' },
    changes: [['b', 'a || b']],
  };
  const page = formatMutationPage({ machine, versions: 'Stryker 1', seconds: 600, mutations }, [why]);

  it('shows the score of all files and of each file', () => {
    expect(page).toContain('**Score: 33.3 %** of 4 mutations. Stryker 1, 10 min.');
    expect(page).toContain('| core/x.ts | 50.0 % | 1 | 0 | 1 | 0 | 1 | 0 |');
    expect(page).toContain('| core/y.ts | 0.0 % | 0 | 0 | 0 | 1 | 0 | 0 |');
    expect(page).toContain('| **all** | 33.3 % | 1 | 0 | 1 | 1 | 1 | 0 |');
  });

  it('lists each survivor in one line, and each equivalent mutation with its reason', () => {
    expect(page).toContain('| core/x.ts:2:5 | LogicalOperator | `a \\| b` | (nothing) |');
    expect(page).toContain(
      '| core/y.ts:7:5 | LogicalOperator (not executed by any test) | `` `x` `` | `` `` `` |',
    );
    expect(page).toContain('| core/x.ts:2 | `b` | `a \\|\\| b` | The reason. |');
    expect(page).toContain('| date | 2030-01-01T00:00:00.000Z |');
  });
});

describe('EQUIVALENTS', () => {
  it.each(EQUIVALENTS.map(({ file, text }) => [file, text]))(
    'has an entry for a line that exists: %s %s',
    (file, text) => {
      const lines = readFileSync(join(import.meta.dirname, '../../..', file), 'utf8').split('\n');
      expect(lines.map((line) => line.trim())).toContain(text);
    },
  );
});
