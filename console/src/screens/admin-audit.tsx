import { useInfiniteQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { AuditPage } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScrollableTable } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { TEXTS } from '../texts.ts';

/** Who did what: openings, refusals, changes of rights, acts for other users. */
export function AdminAudit() {
  const { api } = useConsole();
  const [typed, setTyped] = useState('');
  const [user, setUser] = useState('');
  const { data, error, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['audit', user],
    queryFn: ({ pageParam, signal }) => api.audit(user === '' ? {} : { user_id: user }, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
  });
  const events = data?.pages.flatMap(({ items }) => items);
  return (
    <section>
      <h2>{TEXTS.admin.audit}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setUser(typed.trim());
        }}
      >
        <Field label={TEXTS.admin.auditUser}>
          {(attributes) => (
            <input
              {...attributes}
              maxLength={96}
              autocomplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              onBlur={() => setUser(typed.trim())}
            />
          )}
        </Field>
      </form>
      {events === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {events?.length === 0 && !hasNextPage && <p role="status">{TEXTS.admin.noEvents}</p>}
      {events !== undefined && events.length > 0 && (
        <ScrollableTable label={TEXTS.admin.audit}>
          <thead>
            <tr>
              {Object.values(TEXTS.admin.eventColumns).map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <EventRow key={event.id} event={event} />
            ))}
          </tbody>
        </ScrollableTable>
      )}
      {hasNextPage && (
        <button type="button" onClick={() => void fetchNextPage()}>
          {TEXTS.home.more}
        </button>
      )}
    </section>
  );
}

function EventRow({ event }: { readonly event: AuditPage['items'][number] }) {
  const { actor, on_behalf_of: user, reason } = event;
  return (
    <tr>
      <td>
        <time dateTime={event.at}>{formatTime(event.at)}</time>
      </td>
      <td>
        {actor.id ?? actor.kind}
        {user && user !== actor.id && <span class="hint"> {TEXTS.admin.onBehalfOf(user)}</span>}
      </td>
      <td>{event.action.replaceAll('_', ' ')}</td>
      <td>
        <code>{event.workbench_id}</code>
      </td>
      <td>
        {TEXTS.admin.outcomes[event.outcome] ?? event.outcome}
        {reason && <span class="hint"> ({reason})</span>}
      </td>
    </tr>
  );
}
