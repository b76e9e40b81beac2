import { useState } from 'preact/hooks';
import { toAddress } from '../addresses.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { WorkbenchCard } from '../components/workbench-card.tsx';
import { useWorkbenchList } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** Above this number of cards a filter helps. */
const FILTER_FROM = 7;

export function Home() {
  const own = useWorkbenchList(false);
  const shared = useWorkbenchList(true);
  const hasShared = shared.data?.pages.some(({ items }) => items.length > 0) ?? false;
  return (
    <>
      <div class="headline">
        <h1>{TEXTS.home.own}</h1>
        <a class="button primary" href={toAddress({ name: 'create' })}>
          {TEXTS.home.create}
        </a>
      </div>
      <List query={own} empty />
      {hasShared && (
        <section>
          <h2>{TEXTS.home.shared}</h2>
          <List query={shared} />
        </section>
      )}
    </>
  );
}

interface ListProps {
  readonly query: ReturnType<typeof useWorkbenchList>;
  /** Whether the list says that it is empty. */
  readonly empty?: boolean;
}

function List({ query, empty = false }: ListProps) {
  const [filter, setFilter] = useState('');
  const listed = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const shown = listed.filter(({ workbench_name: name }) =>
    name.toLowerCase().includes(filter.trim().toLowerCase()),
  );
  if (query.data === undefined && query.error === null) return <p class="hint">{TEXTS.loading}</p>;
  return (
    <>
      {query.data === undefined && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {empty && query.data !== undefined && listed.length === 0 && (
        <p>
          {TEXTS.home.none} {TEXTS.home.noneAdvice}
        </p>
      )}
      {listed.length >= FILTER_FROM && (
        <Field label={TEXTS.home.filter}>
          {(attributes) => (
            <input
              {...attributes}
              type="search"
              value={filter}
              onInput={({ currentTarget }) => setFilter(currentTarget.value)}
            />
          )}
        </Field>
      )}
      {listed.length > 0 && shown.length === 0 && <p role="status">{TEXTS.home.noMatch}</p>}
      <ul class="cards">
        {shown.map((workbench) => (
          <WorkbenchCard key={workbench.workbench_id} listed={workbench} />
        ))}
      </ul>
      {query.hasNextPage && (
        <p>
          <button type="button" onClick={() => void query.fetchNextPage()}>
            {TEXTS.home.more}
          </button>
        </p>
      )}
    </>
  );
}
