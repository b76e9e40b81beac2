import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query';
import { useEffect, useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { toAddress } from '../addresses.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { WorkbenchCard } from '../components/workbench-card.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { KEYS, useWorkbenchList } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** From this number of cards on a search helps. */
const SEARCH_FROM = 7;
const SEARCH_DELAY_MS = 300;

export function Home() {
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim(), SEARCH_DELAY_MS);
  const own = useWorkbenchList(false, search);
  const shared = useWorkbenchList(true, search);
  const listed = own.data?.pages.flatMap(({ items }) => items) ?? [];
  const hasShared = shared.data?.pages.some(({ items }) => items.length > 0) ?? false;
  const isSearched = search !== '' || listed.length >= SEARCH_FROM;
  return (
    <>
      <div class="headline">
        <h1>{TEXTS.home.own}</h1>
        <a class="button primary" href={toAddress({ name: 'create' })}>
          {TEXTS.home.create}
        </a>
      </div>
      {isSearched && (
        <Field label={TEXTS.home.filter}>
          {(attributes) => (
            <input
              {...attributes}
              type="search"
              maxLength={128}
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          )}
        </Field>
      )}
      {own.data && listed.length === 0 && !own.hasNextPage && (
        <p role="status">
          {search === '' ? `${TEXTS.home.none} ${TEXTS.home.noneAdvice}` : TEXTS.home.noMatch}
        </p>
      )}
      <List query={own} />
      {hasShared && (
        <section>
          <h2>{TEXTS.home.shared}</h2>
          <List query={shared} />
        </section>
      )}
      <DeletedWorkbenches />
    </>
  );
}

function List({ query }: { readonly query: ReturnType<typeof useWorkbenchList> }) {
  if (query.data === undefined) {
    if (query.error === null) return <p class="hint">{TEXTS.loading}</p>;
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      <ul class="cards">
        {query.data.pages.flatMap(({ items }) =>
          items.map((workbench) => <WorkbenchCard key={workbench.workbench_id} listed={workbench} />),
        )}
      </ul>
      {query.hasNextPage && (
        <p>
          <button
            type="button"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => !query.isFetchingNextPage && void query.fetchNextPage()}
          >
            {TEXTS.home.more}
          </button>
        </p>
      )}
    </>
  );
}

/** Returns a value once it has not changed for a time: not each key of a search is a request. */
function useSettled(value: string, delayMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}

/** The deleted workbenches of the user that can be restored. Shows nothing if there is none. */
function DeletedWorkbenches() {
  const { api, config } = useConsole();
  const { data = [] } = useQuery({
    queryKey: KEYS.deleted,
    queryFn: ({ signal }) => api.deleted(signal),
    refetchInterval: LIST_INTERVAL_MS,
    enabled: config.restorableHours > 0,
  });
  if (data.length === 0) return null;
  return (
    <section>
      <h2>{TEXTS.home.deleted}</h2>
      <ul class="rows">
        {data.map((workbench) => (
          <Deleted key={workbench.workbench_id} workbench={workbench} />
        ))}
      </ul>
    </section>
  );
}

function Deleted({ workbench }: { readonly workbench: Workbench }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const { workbench_id: workbenchId, workbench_name: name, restorable_until: until } = workbench;
  const restore = useMutation({
    mutationFn: () => api.restore({ workbenchId }),
    onSuccess: () => announce(TEXTS.home.restored(name)),
    // The key of this list begins with that of all lists.
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.lists }),
  });
  return (
    <li>
      <strong>{name}</strong>{' '}
      {until !== undefined && <span class="hint">{TEXTS.home.restorableUntil(formatTime(until))}</span>}{' '}
      <button
        type="button"
        aria-label={TEXTS.home.restoreOf(name)}
        aria-disabled={restore.isPending}
        onClick={() => !restore.isPending && restore.mutate()}
      >
        {TEXTS.home.restore}
      </button>
      <ProblemNotice error={restore.error} />
    </li>
  );
}
