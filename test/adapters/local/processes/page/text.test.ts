import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// A module for the browser, without types.
const { toShown, toSaved, copyName, sizeText } = await import(
  new URL('../../../../../adapters/local/processes/page/text.js', import.meta.url).href
);

describe('the text of the page', () => {
  it('restores the line ends of a file when it is saved', () => {
    const lines = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '')));
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n', '\r'), (parts, end) => {
        const text = parts.join(end);
        const { shown, lineEnd, mixed } = toShown(text);
        expect(shown).toBe(parts.join('\n'));
        expect(mixed).toBe(false);
        expect(toSaved(shown, lineEnd)).toBe(text);
      }),
    );
  });

  it('reports mixed line ends and chooses the most frequent', () => {
    expect(toShown('a\r\nb\r\nc\n')).toEqual({ shown: 'a\nb\nc\n', lineEnd: '\r\n', mixed: true });
    expect(toShown('one line')).toEqual({ shown: 'one line', lineEnd: '\n', mixed: false });
  });

  it('derives names for copies', () => {
    expect(copyName('notes.txt', 1)).toBe('notes (mine).txt');
    expect(copyName('a.b/notes', 2)).toBe('a.b/notes (mine 2)');
    expect(copyName('a/.profile', 1)).toBe('a/.profile (mine)');
  });

  it('formats sizes', () => {
    expect([0, 1023, 1024, 1_048_576].map(sizeText)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.0 MiB']);
  });
});
