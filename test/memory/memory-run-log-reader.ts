import {
  LOG_LINE_MAX_BYTES,
  type LoggedRun,
  type LogPage,
  type LogPageRequest,
  type RunLogReader,
} from '#core/ports/run-log-reader.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';

/** The output of tasks in memory. A position is the number of lines before it. */
export class MemoryRunLogReader implements RunLogReader {
  readonly #lines = new Map<string, string[]>();

  print(taskId: string, ...lines: readonly string[]): void {
    this.#lines.set(taskId, [...(this.#lines.get(taskId) ?? []), ...lines]);
  }

  async readLog({ taskId }: LoggedRun, { limit, after, newest = false }: LogPageRequest): Promise<LogPage> {
    const lines = this.#lines.get(taskId) ?? [];
    const first = newest && after === undefined ? Math.max(0, lines.length - limit) : 0;
    const known = /^\d{1,9}$/.test(after ?? '') && Number(after) <= lines.length;
    const start = known ? Number(after) : first;
    const page = lines.slice(start, start + limit);
    return {
      lines: page.map((text) => ({ text: truncateUtf8(text, LOG_LINE_MAX_BYTES) })),
      next: String(start + page.length),
    };
  }
}
