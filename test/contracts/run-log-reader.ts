import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  LOG_LINE_MAX_BYTES,
  LOG_POSITION_MAX,
  type LoggedRun,
  type RunLogReader,
} from '#core/ports/run-log-reader.ts';
import { ID, RUN_ID } from '../builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export const LOGGED_RUN: LoggedRun = { workbenchId: ID, taskId: 'f'.repeat(32), runId: RUN_ID };
const ENDED: LoggedRun = { workbenchId: ID, taskId: LOGGED_RUN.taskId };

export interface RunLogReaderSubject {
  readonly reader: RunLogReader;
  /** Writes lines as output of LOGGED_RUN. */
  readonly print: (lines: readonly string[]) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** The contract of RunLogReader. `make` returns a reader of a run without output. */
export function describeRunLogReaderContract(
  name: string,
  make: () => Promise<RunLogReaderSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of RunLogReader`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: RunLogReaderSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    /** Reads pages until one has no lines. Returns the texts, and where the next page would begin. */
    async function readAll(
      { limit, newest, after }: { limit: number; newest?: boolean; after?: string },
      run = LOGGED_RUN,
    ): Promise<{ readonly texts: string[]; readonly next: string }> {
      const texts: string[] = [];
      let next = after;
      for (;;) {
        const page = await subject.reader.readLog(run, {
          limit,
          ...(newest === undefined ? {} : { newest }),
          ...(next === undefined ? {} : { after: next }),
        });
        expect(page.lines.length).toBeLessThanOrEqual(limit);
        expect(page.next.length).toBeLessThanOrEqual(LOG_POSITION_MAX);
        texts.push(...page.lines.map(({ text }) => text));
        next = page.next;
        if (page.lines.length === 0) return { texts, next };
      }
    }

    it('returns no lines of a run without output, and those that follow', async () => {
      const { texts, next } = await readAll({ limit: 10 });
      expect(texts).toEqual([]);
      expect((await readAll({ limit: 10 }, ENDED)).texts).toEqual([]);
      await subject.print(['one']);
      expect((await readAll({ limit: 10, after: next })).texts).toEqual(['one']);
    });

    it('returns each line once and in order, in pages of any size', async () => {
      const lines = ['one', '', 'zwei äöü', '\u001b[31mthree\u001b[0m', '五 😀', 'six'];
      await subject.print(lines);
      for (const limit of [1, 2, 3, 7, 1000]) {
        expect((await readAll({ limit })).texts).toEqual(lines);
        expect((await readAll({ limit }, ENDED)).texts).toEqual(lines);
      }
    });

    it('goes on where a page ended', async () => {
      await subject.print(['one', 'two']);
      const { next } = await readAll({ limit: 10 });
      await subject.print(['three']);
      await subject.print(['four']);
      const { texts, next: end } = await readAll({ limit: 1, after: next });
      expect(texts).toEqual(['three', 'four']);
      expect((await readAll({ limit: 1, after: end })).texts).toEqual([]);
    });

    it('begins with the newest lines if that is requested, and goes on after them', async () => {
      await subject.print(['one', 'two', 'three']);
      const page = await subject.reader.readLog(LOGGED_RUN, { limit: 2, newest: true });
      expect(page.lines.map(({ text }) => text)).toEqual(['two', 'three']);
      await subject.print(['four']);
      expect((await readAll({ limit: 2, newest: true, after: page.next })).texts).toEqual(['four']);
      expect((await readAll({ limit: 1000, newest: true })).texts).toEqual(['one', 'two', 'three', 'four']);
    });

    it('begins with the oldest line for a position that it has not returned', async () => {
      await subject.print(['one', 'two']);
      for (const after of ['', 'x', 'f/0/s', '1.2.0123456789abcdef', '9'.repeat(40)])
        expect((await readAll({ limit: 10, after })).texts, after).toEqual(['one', 'two']);
    });

    it('returns at most LOG_LINE_MAX_BYTES of a line at once, and never a part of a character', async () => {
      await subject.print([`a${'ä'.repeat(LOG_LINE_MAX_BYTES)}`, 'next']);
      const { texts } = await readAll({ limit: 10 });
      expect(texts[0]).toBe(`a${'ä'.repeat((LOG_LINE_MAX_BYTES - 2) / 2)}`);
      expect(texts.at(-1)).toBe('next');
      expect(texts.join('')).not.toContain('\ufffd');
    });

    it('returns every line, however often more is printed between the pages', async () => {
      const printed: string[] = [];
      let next: string | undefined;
      const read: string[] = [];
      for (const { count, limit } of fc.sample(
        fc.record({ count: fc.nat({ max: 5 }), limit: fc.integer({ min: 1, max: 4 }) }),
        30,
      )) {
        const lines = Array.from({ length: count }, (_, n) => `line ${printed.length + n}`);
        printed.push(...lines);
        if (count > 0) await subject.print(lines);
        const page = await subject.reader.readLog(LOGGED_RUN, {
          limit,
          ...(next === undefined ? {} : { after: next }),
        });
        read.push(...page.lines.map(({ text }) => text));
        next = page.next;
      }
      const rest = await readAll({ limit: 100, ...(next === undefined ? {} : { after: next }) });
      expect([...read, ...rest.texts]).toEqual(printed);
    });
  });
}
