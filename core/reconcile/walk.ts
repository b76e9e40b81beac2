import { pagesOf } from './pages.ts';
import type { ReportDraft, Sweep } from './report.ts';
import { giveWay, isThrottled, type SweepPorts } from './sweep.ts';

export interface WalkOptions {
  /** No further page is begun after this; milliseconds since the pass began. */
  readonly withinMs: number;
  /**
   * Whether a pass that follows one that gave way goes on where that one stopped, so that what comes late in the list
   * has its turn too. Not where each pass has a shard of its own.
   */
  readonly resumes: boolean;
}

/**
 * Looks at a list page by page for as long as a pass has time and meets no throttle. Either way it returns, so that
 * what has been found is dealt with before the pass ends.
 */
export async function forEachPage<P extends { readonly cursor?: string }>(
  ports: SweepPorts,
  sweep: Sweep,
  { withinMs, resumes }: WalkOptions,
  draft: ReportDraft,
  list: (cursor?: string) => Promise<P>,
  look: (page: P) => Promise<void>,
): Promise<void> {
  let at = resumes ? await resumedAt(ports, sweep) : undefined;
  try {
    for await (const page of pagesOf(list, at)) {
      await look(page);
      at = page.cursor;
      if (at !== undefined && ports.clock.now() - draft.startedAt >= withinMs) {
        draft.gaveWay = true;
        draft.add(sweep, 'waits_turn', 'There is more than one pass has time for: the next one goes on.');
        break;
      }
    }
  } catch (error) {
    if (!isThrottled(error)) throw error;
    giveWay(draft, sweep);
  }
  if (resumes) draft.resumeAt = at;
}

async function resumedAt({ reports }: SweepPorts, sweep: Sweep): Promise<string | undefined> {
  return (await reports.list()).find((report) => report.sweep === sweep)?.resumeAt;
}
