import fc from 'fast-check';

/**
 * Any code point but surrogates, each length in UTF-8 equally often. fast-check's unit `binary` builds a map of all code
 * points, which takes a second of processor time per process.
 */
export function anyCodePoint(): fc.Arbitrary<string> {
  const between = (min: number, max: number) => fc.integer({ min, max });
  return fc
    .oneof(between(0, 0x7f), between(0x80, 0x7ff), between(0x800, 0xd7ff), between(0xe000, 0x10ffff))
    .map((code) => String.fromCodePoint(code));
}
