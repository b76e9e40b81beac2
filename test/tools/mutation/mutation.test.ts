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
import { mutationPage } from '#tools/mutation/page.ts';

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

describe('a mutation', () => {
  it('names the text that was replaced, over several lines too', () => {
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
  ])('that is %s counts as %s', (status, outcome) => {
    expect(toMutation(result(status, [1, 13], [1, 14]), 'core/x.ts', SOURCE).outcome).toBe(outcome);
  });

  it('that was not tried is an error', () => {
    expect(() => toMutation(result('Pending', [1, 13], [1, 14]), 'core/x.ts', SOURCE)).toThrow(
      'core/x.ts:1:13 LogicalOperator came to nothing: Pending',
    );
  });
});

describe('the score', () => {
  it('is the share of those found, of those that change anything', () => {
    const outcomes = ['killed', 'timeout', 'survived', 'unreached', 'equivalent', 'unloadable'] as const;
    expect(scoreOf(outcomes.map((outcome) => aMutation({ outcome })))).toBe(0.5);
    expect(scoreOf([])).toBe(1);
  });
});

describe('the list of equivalent mutations', () => {
  const entry: Equivalent = {
    ...{ file: 'core/x.ts', text: 'if (a && b) {', why: 'a is b' },
    changes: [['a && b', 'a || b']],
  };
  const LINE = 'core/x.ts: if (a && b) {: a && b → a || b';

  it('takes those that survived out of the score', () => {
    const { mutations, untrue } = markEquivalents(
      [aMutation({ outcome: 'survived' }), aMutation({ outcome: 'survived', replacement: 'true' })],
      [entry],
    );
    expect(mutations.map(({ outcome }) => outcome)).toEqual(['equivalent', 'survived']);
    expect(untrue).toEqual([]);
  });

  it('is untrue when one is found by a test, or is not there any more', () => {
    expect(markEquivalents([aMutation({ outcome: 'killed' })], [entry])).toEqual({
      mutations: [aMutation({ outcome: 'killed' })],
      untrue: [LINE],
    });
    expect(markEquivalents([aMutation({ original: 'a && c' })], [entry]).untrue).toEqual([LINE]);
  });

  it('is about one line: the same change elsewhere is another', () => {
    const elsewhere = aMutation({ text: 'while (a && b) {', outcome: 'survived' });
    expect(markEquivalents([elsewhere], [entry])).toEqual({ mutations: [elsewhere], untrue: [LINE] });
  });

  it('says nothing of files that were left out', () => {
    expect(markEquivalents([aMutation({ file: 'core/y.ts' })], [entry]).untrue).toEqual([]);
  });
});

describe('the page of results', () => {
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
    ...{ file: 'core/x.ts', text: 'if (a && b) {', why: 'It is so.' },
    changes: [['b', 'a || b']],
  };
  const page = mutationPage({ machine, versions: 'Stryker 1', seconds: 600, mutations }, [why]);

  it('tells the score of all and of each file', () => {
    expect(page).toContain('**Score: 33.3 %** of 4 mutations. Stryker 1, 10 min.');
    expect(page).toContain('| core/x.ts | 50.0 % | 1 | 0 | 1 | 0 | 1 | 0 |');
    expect(page).toContain('| core/y.ts | 0.0 % | 0 | 0 | 0 | 1 | 0 | 0 |');
    expect(page).toContain('| **all** | 33.3 % | 1 | 0 | 1 | 1 | 1 | 0 |');
  });

  it('lists what survived, in one line each, and why the equivalent could not be found', () => {
    expect(page).toContain('| core/x.ts:2:5 | LogicalOperator | `a \\| b` | (nothing) |');
    expect(page).toContain('| core/y.ts:7:5 | LogicalOperator (no test runs it) | `` `x` `` | `` `` `` |');
    expect(page).toContain('| core/x.ts:2 | `b` | `a \\|\\| b` | It is so. |');
    expect(page).toContain('| date | 2030-01-01T00:00:00.000Z |');
  });
});

describe('the list of core/', () => {
  it.each(EQUIVALENTS.map(({ file, text }) => [file, text]))('is of what is there: %s %s', (file, text) => {
    const lines = readFileSync(join(import.meta.dirname, '../../..', file), 'utf8').split('\n');
    expect(lines.map((line) => line.trim())).toContain(text);
  });
});
