import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListFilter, listMatching, matchesFilter } from '#core/workbench/list-filter.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { running, stopped } from '#test/builders/workbench.ts';

const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

describe('matchesFilter', () => {
  const workbench = running({
    workbenchId: ID,
    name: 'Deep Learning',
    labels: { team: 'Research', stage: 'x' },
  });

  it.each<[ListFilter, boolean]>([
    [{}, true],
    [{ status: 'running' }, true],
    [{ status: 'stopped' }, false],
    [{ name: 'Deep Learning' }, true],
    [{ name: 'Deep' }, false],
    [{ name: 'deep learning' }, false],
    [{ text: 'LEARN' }, true],
    [{ text: 'P8XG' }, true],
    [{ text: 'research' }, true],
    [{ text: 'team' }, false],
    [{ labels: { team: 'Research' } }, true],
    [{ labels: { team: 'Research', stage: 'x' } }, true],
    [{ labels: { team: 'Research', stage: 'y' } }, false],
    [{ labels: { team: 'research' } }, false],
    [{ labels: { owner: '' } }, false],
    [{ status: 'running', text: 'deep', labels: { stage: 'x' } }, true],
    [{ status: 'stopped', text: 'deep', labels: { stage: 'x' } }, false],
  ])('says of %j whether every field matches', (filter, expected) => {
    expect(matchesFilter(workbench, filter)).toBe(expected);
  });

  it('leaves deleted workbenches out, unless it is for these', () => {
    const deleted = stopped({ startedAt: 1, restorable: { deletedAt: 1, until: 2 } });
    expect(matchesFilter(deleted, { status: 'stopped' })).toBe(false);
    expect(matchesFilter(deleted, { deleted: true })).toBe(true);
    expect(matchesFilter(workbench, { deleted: true })).toBe(false);
    expect(matchesFilter({ ...deleted, startedAt: 2 }, {})).toBe(true);
  });

  it('knows only labels that the workbench has itself', () => {
    const inherited = { constructor: String(Object) };
    expect(matchesFilter(stopped(), { labels: inherited })).toBe(false);
    expect(matchesFilter(stopped({ labels: {} }), { labels: inherited })).toBe(false);
  });
});

/** A list of workbenches in pages, newest first, that counts its reads. */
function listOf(workbenches: readonly Workbench[]) {
  const reads: number[] = [];
  const read = async ({ limit, after }: { limit: number; after?: string }) => {
    reads.push(limit);
    const rest = workbenches.filter(({ workbenchId }) => after === undefined || workbenchId < after);
    const entries = rest.slice(0, limit).map((workbench) => ({ workbench }));
    return rest.length > limit ? { entries, next: entries.at(-1)?.workbench.workbenchId } : { entries };
  };
  return { reads, read };
}

const idOf = (n: number) => String(9_999 - n).padStart(26, '0');
const STOPPED: ListFilter = { status: 'stopped' };

describe('listMatching', () => {
  it('fills a page although some of its workbenches are deleted', async () => {
    const restorable = { deletedAt: 1, until: 2 };
    const all = Array.from({ length: 10 }, (_, n) =>
      stopped({ workbenchId: idOf(n), ...(n % 2 === 0 ? { restorable } : {}) }),
    );
    const { read, reads } = listOf(all);
    const { entries, next } = await listMatching(read, {}, { limit: 3 }, 5);
    expect(entries.map(({ workbench }) => workbench.workbenchId)).toEqual([1, 3, 5].map(idOf));
    expect(reads).toEqual([3, 100]);
    const rest = await listMatching(
      read,
      {},
      { limit: 3, ...(next === undefined ? {} : { after: next }) },
      5,
    );
    expect(rest.entries.map(({ workbench }) => workbench.workbenchId)).toEqual([7, 9].map(idOf));
    expect(rest.next).toBeUndefined();
  });

  it('returns every entry that matches once, in pages of at most `limit`, with a bounded number of reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 450 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 3 }),
        async (matching, limit, readsMax) => {
          const all = matching.map((isStopped, n) =>
            isStopped ? stopped({ workbenchId: idOf(n) }) : running({ workbenchId: idOf(n) }),
          );
          const found: Workbench[] = [];
          let after: string | undefined;
          do {
            const { reads, read } = listOf(all);
            const page = { limit, ...(after === undefined ? {} : { after }) };
            const { entries, next } = await listMatching(read, STOPPED, page, readsMax);
            expect(entries.length).toBeLessThanOrEqual(limit);
            expect(reads.length).toBeLessThanOrEqual(readsMax);
            found.push(...entries.map(({ workbench }) => workbench));
            after = next;
          } while (after !== undefined);
          expect(found).toEqual(all.filter(({ status }) => status === 'stopped'));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('returns an empty page with a cursor after `readsMax` reads without a match', async () => {
    const { read } = listOf(Array.from({ length: 300 }, (_, n) => running({ workbenchId: idOf(n) })));
    expect(await listMatching(read, STOPPED, { limit: 5 }, 2)).toEqual({ entries: [], next: idOf(199) });
  });

  it('reads only the page itself without a filter', async () => {
    const { reads, read } = listOf(Array.from({ length: 30 }, (_, n) => running({ workbenchId: idOf(n) })));
    const { entries, next } = await listMatching(read, {}, { limit: 5 }, 2);
    expect([entries.length, next, reads]).toEqual([5, idOf(4), [5]]);
  });
});
