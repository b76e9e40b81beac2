import { useQuery, useQueryClient } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HistoryEntry, WorkbenchStatus } from '#clients/typescript/src/workbench.ts';
import type { LogPage, Target } from '../api.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS, LOGS_INTERVAL_MS } from '../polling.ts';
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

/** Older lines are dropped, so that a page that follows for days needs no more memory. */
const LINES_MAX = 2_000;

/** What the programs of the workbench print, on request: it may contain secrets. */
export function Logs({ target }: { readonly target: Target }) {
  const [shown, setShown] = useState(false);
  return (
    <section>
      <h2>{TEXTS.logs.title}</h2>
      <button type="button" aria-expanded={shown} onClick={() => setShown(!shown)}>
        {shown ? TEXTS.logs.hide : TEXTS.logs.show}
      </button>
      {shown && <Output target={target} />}
    </section>
  );
}

function Output({ target }: { readonly target: Target }) {
  const { api } = useConsole();
  const client = useQueryClient();
  const key = KEYS.logs(target.workbenchId);
  const { data, error } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<LogPage>(key);
      return appendPage(before, await api.logs(target, before?.next_cursor, signal));
    },
    // A run that has ended may be followed by another one.
    refetchInterval: ({ state }) => (state.data?.complete ? LIST_INTERVAL_MS : LOGS_INTERVAL_MS),
  });
  const end = useRef<HTMLPreElement>(null);
  const count = data?.items.length;
  useEffect(() => {
    end.current?.scrollTo(0, end.current.scrollHeight);
  }, [count]);
  if (data === undefined) {
    return error === null ? <p class="hint">{TEXTS.loading}</p> : <ProblemNotice error={error} />;
  }
  if (data.items.length === 0) return <p>{TEXTS.logs.none}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard cannot scroll the output
    <pre ref={end} class="output" role="log" aria-label={TEXTS.logs.label} tabIndex={0}>
      {data.items.map(({ text }) => text).join('\n')}
    </pre>
  );
}

/** Returns the lines so far with those of the next page. The output of another task replaces them. */
function appendPage(before: LogPage | undefined, page: LogPage): LogPage {
  const nextCursor = page.next_cursor ?? before?.next_cursor;
  const kept = before !== undefined && before.task_id === page.task_id ? before.items : [];
  return {
    ...page,
    ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }),
    items: [...kept, ...page.items].slice(-LINES_MAX),
  };
}
