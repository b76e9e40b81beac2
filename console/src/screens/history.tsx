import { useQuery } from '@tanstack/preact-query';
import type { HistoryEntry, WorkbenchStatus } from '#clients/typescript/src/workbench.ts';
import type { Target } from '../api.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** What happened to a workbench, as a time line, newest first. */
export function History({ target }: { readonly target: Target }) {
  const { api } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: KEYS.history(target.workbenchId),
    queryFn: ({ signal }) => api.history(target, signal),
    refetchInterval: LIST_INTERVAL_MS,
  });
  return (
    <section>
      <h2>{TEXTS.history.title}</h2>
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && <p>{TEXTS.history.none}</p>}
      <ol class="timeline">
        {data?.map((entry) => (
          <li key={entry.seq}>
            <time dateTime={entry.time}>{formatTime(entry.time)}</time>
            <span>
              {describeEntry(entry)}
              {entry.requested_by && <span class="hint"> {TEXTS.history.by(entry.requested_by)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function describeEntry({ type, from, to, reason_code: reason }: HistoryEntry): string {
  const change = from !== undefined && to !== undefined ? [nameOf(from), nameOf(to)] : undefined;
  const text =
    type === 'status_changed' && change !== undefined
      ? TEXTS.history.change(...(change as [string, string]))
      : (TEXTS.history.types[type] ?? type.replaceAll('_', ' '));
  return reason === undefined ? text : `${text} (${reason.replaceAll('_', ' ')})`;
}

function nameOf(status: string): string {
  return TEXTS.status[status as WorkbenchStatus] ?? status;
}
