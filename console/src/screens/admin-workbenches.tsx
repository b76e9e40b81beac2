import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { WorkbenchStatus } from '#clients/typescript/src/workbench.ts';
import { toAddress } from '../addresses.ts';
import type { Api, Machine, Me, Target } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScrollableTable } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { describeProblem } from '../problems.ts';
import { KEYS, useWorkbenchList } from '../queries.ts';
import { type Column, type Row, runMany, showRows, type View } from '../table.ts';
import { TEXTS } from '../texts.ts';

const COLUMNS = Object.keys(TEXTS.admin.columns) as readonly Column[];
const FIRST_VIEW: View = { filter: '', status: '', sort: 'name', descending: false, page: 1 };

/** Workbenches of all users, or of one: found, started and stopped, many at a time. */
export function AdminWorkbenches({ machines }: { readonly machines: readonly Machine[] }) {
  const [user, setUser] = useState('');
  const [asked, setAsked] = useState('');
  const rowsOnMachines = machines.flatMap(({ machine_id: machine, workbenches }) =>
    workbenches.map((listed) => ({
      workbenchId: listed.workbench_id,
      name: listed.workbench_name,
      owner: listed.user_id,
      status: listed.status,
      machine,
    })),
  );
  return (
    <section>
      <h2>{TEXTS.admin.workbenches}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(user.trim());
        }}
      >
        <Field label={TEXTS.admin.whose} hint={TEXTS.admin.whoseHint}>
          {(attributes) => (
            <input
              {...attributes}
              maxLength={96}
              autocomplete="off"
              value={user}
              onInput={({ currentTarget }) => setUser(currentTarget.value)}
              onBlur={() => setAsked(user.trim())}
            />
          )}
        </Field>
      </form>
      {asked === '' ? (
        <Rows key="" rows={rowsOnMachines} />
      ) : (
        <RowsOfUser key={asked} userId={asked} onMachines={rowsOnMachines} />
      )}
    </section>
  );
}

function RowsOfUser({
  userId,
  onMachines,
}: {
  readonly userId: string;
  readonly onMachines: readonly Row[];
}) {
  const list = useWorkbenchList(false, '', userId);
  const machineOf = new Map(onMachines.map(({ workbenchId, machine }) => [workbenchId, machine]));
  const rows = list.data?.pages.flatMap(({ items }) =>
    items.map((item) => ({
      workbenchId: item.workbench_id,
      name: item.workbench_name,
      owner: item.user_id,
      status: item.status,
      machine: machineOf.get(item.workbench_id) ?? '',
    })),
  );
  if (rows === undefined) {
    return list.error ? <ProblemNotice error={list.error} /> : <p class="hint">{TEXTS.loading}</p>;
  }
  return (
    <>
      <Rows rows={rows} />
      {list.hasNextPage && (
        <button type="button" onClick={() => void list.fetchNextPage()}>
          {TEXTS.home.more}
        </button>
      )}
    </>
  );
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const { api, me, announce } = useConsole();
  const client = useQueryClient();
  const [view, setView] = useState(FIRST_VIEW);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { rows: shown, page, pages } = showRows(rows, view);
  const chosen = rows.filter(({ workbenchId }) => selected.has(workbenchId));
  const change = (changed: Partial<View>) => setView({ ...view, page: 1, ...changed });
  const act = useMutation({
    mutationFn: (request: (to: Api, target: Target) => Promise<void>) =>
      runMany(chosen, (row) => request(api, targetOf(me, row))),
    onSuccess: (outcomes) => {
      announce(
        TEXTS.admin.requested(outcomes.filter(({ error }) => error === undefined).length, outcomes.length),
      );
      // Those that failed stay selected.
      setSelected(
        new Set(outcomes.filter(({ error }) => error !== undefined).map(({ item }) => item.workbenchId)),
      );
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: KEYS.machines }),
        client.invalidateQueries({ queryKey: KEYS.lists }),
      ]),
  });
  const failures = act.data?.filter(({ error }) => error !== undefined) ?? [];
  const toggle = (ids: readonly string[], on: boolean) => {
    const next = new Set(selected);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setSelected(next);
  };
  const statuses = [...new Set(rows.map(({ status }) => status))].sort();
  return (
    <>
      <div class="columns">
        <Field label={TEXTS.admin.filter}>
          {(attributes) => (
            <input
              {...attributes}
              type="search"
              value={view.filter}
              onInput={({ currentTarget }) => change({ filter: currentTarget.value })}
            />
          )}
        </Field>
        <Field label={TEXTS.admin.status}>
          {(attributes) => (
            <select
              {...attributes}
              value={view.status}
              onChange={({ currentTarget }) => change({ status: currentTarget.value })}
            >
              <option value="">{TEXTS.admin.anyStatus}</option>
              {statuses.map((status) => (
                <option key={status} value={status}>
                  {TEXTS.status[status as WorkbenchStatus]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {shown.length === 0 ? (
        <p role="status">{TEXTS.admin.none}</p>
      ) : (
        <ScrollableTable label={TEXTS.admin.workbenches}>
          <thead>
            <tr>
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label={TEXTS.admin.selectPage}
                  checked={shown.every(({ workbenchId }) => selected.has(workbenchId))}
                  onChange={({ currentTarget }) =>
                    toggle(
                      shown.map(({ workbenchId }) => workbenchId),
                      currentTarget.checked,
                    )
                  }
                />
              </th>
              {COLUMNS.map((column) => (
                <SortableHeader key={column} column={column} view={view} onChange={change} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.workbenchId}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={TEXTS.admin.select(row.name)}
                    checked={selected.has(row.workbenchId)}
                    onChange={({ currentTarget }) => toggle([row.workbenchId], currentTarget.checked)}
                  />
                </td>
                <th scope="row">
                  <a href={toAddress({ name: 'workbench', ...targetOf(me, row) })}>{row.name}</a>
                </th>
                <td>{row.owner}</td>
                <td>{TEXTS.status[row.status as WorkbenchStatus]}</td>
                <td>{row.machine}</td>
              </tr>
            ))}
          </tbody>
        </ScrollableTable>
      )}
      {pages > 1 && (
        <p class="actions">
          <button type="button" disabled={page === 1} onClick={() => setView({ ...view, page: page - 1 })}>
            {TEXTS.admin.previous}
          </button>
          <span>{TEXTS.admin.page(page, pages)}</span>
          <button
            type="button"
            disabled={page === pages}
            onClick={() => setView({ ...view, page: page + 1 })}
          >
            {TEXTS.admin.next}
          </button>
        </p>
      )}
      <p class="actions">
        <button
          type="button"
          disabled={chosen.length === 0 || act.isPending}
          onClick={() => act.mutate((to, target) => to.start(target))}
        >
          {TEXTS.admin.start}
        </button>
        <button
          type="button"
          disabled={chosen.length === 0 || act.isPending}
          onClick={() => act.mutate((to, target) => to.stop(target))}
        >
          {TEXTS.admin.stop}
        </button>
        <span class="hint">{TEXTS.admin.selected(chosen.length)}</span>
      </p>
      {failures.length > 0 && (
        <ul class="notice problem" role="alert">
          {failures.map(({ item, error }) => (
            <li key={item.workbenchId}>{TEXTS.admin.failedFor(item.name, describeProblem(error).text)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

interface SortableHeaderProps {
  readonly column: Column;
  readonly view: View;
  readonly onChange: (changed: Partial<View>) => void;
}

function SortableHeader({ column, view, onChange }: SortableHeaderProps) {
  const isSorted = view.sort === column;
  const order = view.descending ? 'descending' : 'ascending';
  const label = TEXTS.admin.columns[column];
  return (
    <th scope="col" aria-sort={isSorted ? order : 'none'}>
      <button
        type="button"
        class="plain"
        aria-label={TEXTS.admin.sortBy(label)}
        onClick={() => onChange({ sort: column, descending: isSorted && !view.descending })}
      >
        {label}
        <span aria-hidden="true">{isSorted ? (view.descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}

/** An administrator with a token acts in their own name. The static key, and a server without a key, act in that of the owner. */
function targetOf({ authorization }: Me, { workbenchId, owner }: Row): Target {
  return authorization === 'token' ? { workbenchId } : { workbenchId, ownerId: owner };
}
