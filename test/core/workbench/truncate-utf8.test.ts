import fc from 'fast-check';
import { expect, it } from 'vitest';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';

it('returns the longest beginning within the limit and never ends inside a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, bytes) => {
      const bounded = truncateUtf8(text, bytes);
      const size = Buffer.byteLength(bounded);
      expect(text.startsWith(bounded)).toBe(true);
      expect(size).toBeLessThanOrEqual(bytes);
      const next = [...text.slice(bounded.length)][0];
      if (next !== undefined) expect(size + Buffer.byteLength(next)).toBeGreaterThan(bytes);
    }),
  );
});
