import { describe, expect, it } from 'vitest';
import { findAmbiguousNames, parseRuledOutWords } from '#tools/glossary/names.ts';

const PAGE = `
| term | meaning | not |
|---|---|---|
| **orphan** | A task that no record refers to. | leftover, what nobody wants |
| **instance** | An EC2 instance. | machine (except for a developer's own machine), box |
| **owner** | The user of a workbench. | |
`;

function listed(sources: Record<string, string>): string[] {
  const names = findAmbiguousNames(new Map(Object.entries(sources)), parseRuledOutWords(PAGE));
  return names.map(({ name, why }) => `${name} ${why}`);
}

describe('the glossary', () => {
  it('rules out the single words of its last column', () => {
    expect(parseRuledOutWords(PAGE)).toEqual([
      { word: 'leftover', term: 'orphan' },
      { word: 'machine', term: 'instance' },
      { word: 'box', term: 'instance' },
    ]);
  });

  it('does not allow two exports of one name', () => {
    const two = { 'a.ts': 'export interface Page {}', 'b.ts': 'export const Page = 1;' };
    expect(listed(two)).toEqual(['Page is exported by a.ts, b.ts']);
    expect(listed({ 'a.ts': 'export interface Page {}', 'b.ts': 'interface Page {}' })).toEqual([]);
    const overloads = 'export function read(a: string): void;\nexport function read(a: number): void;';
    expect(listed({ 'a.ts': overloads, 'b.ts': "export { read } from './a.ts';" })).toEqual([]);
  });

  it('finds a word that is ruled out, and its plural, in names of every style', () => {
    const source = [
      'async function endMachine',
      'class LeftoverTasks',
      'const BOXES_MAX',
      'type EC2Box',
      'type Boxer',
    ];
    expect(listed({ 'a.ts': source.map((line) => `export ${line}`).join('\n') })).toEqual([
      'endMachine (a.ts) contains "machine"; the term of the glossary is "instance"',
      'LeftoverTasks (a.ts) contains "leftover"; the term of the glossary is "orphan"',
      'BOXES_MAX (a.ts) contains "box"; the term of the glossary is "instance"',
      'EC2Box (a.ts) contains "box"; the term of the glossary is "instance"',
    ]);
  });
});
