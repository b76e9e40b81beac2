import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type AuditArchive, HOUR_MS } from '#core/ports/audit-archive.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface AuditArchiveSubject {
  readonly archive: AuditArchive;
  /** Returns the content of the only file. */
  readonly read: () => Promise<string>;
  readonly dispose: () => Promise<void>;
}

/** The last hour of a year. */
export const LAST_HOUR = Date.UTC(2030, 11, 31, 23);
const NEXT = LAST_HOUR + HOUR_MS;

/** The texts as a function produces them. */
export async function* textsOf(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/**
 * The contract of AuditArchive. `make` returns an empty archive.
 * @param chunkBytes the bytes that the archive holds at once
 */
export function describeAuditArchiveContract(
  name: string,
  make: () => Promise<AuditArchiveSubject>,
  chunkBytes: number,
  exceptions?: SkippedTests,
): void {
  describe(`${name}: the contract of AuditArchive`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: AuditArchiveSubject;
    let archive: AuditArchive;
    beforeEach(async () => {
      subject = await make();
      ({ archive } = subject);
    });
    afterEach(() => subject.dispose());

    const sizes = async (from = LAST_HOUR, to = NEXT) => Object.fromEntries(await archive.sizes(from, to));

    it('has no files at first', async () => {
      expect(await sizes()).toEqual({});
    });

    it('writes all texts to the file of the hour, and knows its size in bytes', async () => {
      expect(await archive.write(LAST_HOUR, textsOf('größe\n', 'two\n'))).toBe(true);
      expect(await subject.read()).toBe('größe\ntwo\n');
      expect(await sizes()).toEqual({ [LAST_HOUR]: 12 });
    });

    it('writes an empty file for an hour without events', async () => {
      expect(await archive.write(LAST_HOUR, textsOf(''))).toBe(true);
      expect(await sizes()).toEqual({ [LAST_HOUR]: 0 });
    });

    it('writes files that are larger than a chunk', async () => {
      const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(chunkBytes - 1));
      expect(await archive.write(LAST_HOUR, textsOf(...texts))).toBe(true);
      expect(await sizes()).toEqual({ [LAST_HOUR]: 3 * (chunkBytes - 1) });
      expect((await subject.read()) === texts.join('')).toBe(true);
    });

    it('replaces a file', async () => {
      await archive.write(LAST_HOUR, textsOf('one\n'));
      await archive.write(LAST_HOUR, textsOf('one\n', 'two\n'));
      expect(await subject.read()).toBe('one\ntwo\n');
    });

    for (const [size, text] of [
      ['that is as large', 'abcd'],
      ['that is smaller', 'abc'],
      ['of several chunks that is as large', 'x'.repeat(2 * chunkBytes)],
    ] as const) {
      it(`does not write a file ${size}, if asked`, async () => {
        const old = 'o'.repeat(Math.max(4, text.length));
        await archive.write(LAST_HOUR, textsOf(old));
        expect(await archive.write(LAST_HOUR, textsOf(text), old.length)).toBe(false);
        expect((await subject.read()) === old).toBe(true);
      });
    }

    for (const [size, text] of [
      ['', 'new'],
      [' of several chunks', 'x'.repeat(2 * chunkBytes)],
    ] as const) {
      it(`keeps the old file if the texts of the new one${size} cannot be read`, async () => {
        await archive.write(LAST_HOUR, textsOf('old'));
        const failing = async function* () {
          yield text;
          throw new Error('the table is unavailable');
        };
        await expect(archive.write(LAST_HOUR, failing())).rejects.toThrow('the table is unavailable');
        expect(await subject.read()).toBe('old');
      });
    }

    it('lists the hours from a time to before another one, also across years', async () => {
      for (const hour of [LAST_HOUR - HOUR_MS, LAST_HOUR, NEXT, NEXT + HOUR_MS])
        await archive.write(hour, textsOf('x'));
      expect(await sizes(LAST_HOUR, NEXT + HOUR_MS)).toEqual({ [LAST_HOUR]: 1, [NEXT]: 1 });
    });
  });
}
