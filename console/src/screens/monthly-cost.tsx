import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { toAddress } from '../addresses.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScrollableTable } from '../components/scrollable-table.tsx';
import { useConsole } from '../context.ts';
import { formatUsd, toMonth } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { TEXTS } from '../texts.ts';

const { costColumns: columns } = TEXTS.usage;

/** What the workbenches of the user have cost in a month: a chart for those who see it, in a table for all. */
export function MonthlyCost() {
  const { api } = useConsole();
  const [month, setMonth] = useState(toMonth(new Date()));
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', month],
    queryFn: ({ signal }) => api.usage(month, undefined, signal),
    refetchInterval: LIST_INTERVAL_MS,
    placeholderData: keepPreviousData,
  });
  const items = [...(data?.items ?? [])].sort((a, b) => b.usd - a.usd);
  const most = Math.max(0, ...items.map(({ usd }) => usd));
  return (
    <section>
      <h2>{TEXTS.usage.cost}</h2>
      <Field label={TEXTS.usage.month}>
        {(attributes) => (
          <input
            {...attributes}
            type="month"
            required
            pattern="\d{4}-\d{2}"
            max={toMonth(new Date())}
            value={month}
            onInput={({ currentTarget }) =>
              /^\d{4}-\d{2}$/.test(currentTarget.value) && setMonth(currentTarget.value)
            }
          />
        )}
      </Field>
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data && items.length === 0 && <p>{TEXTS.usage.noCost}</p>}
      {data && items.length > 0 && (
        <>
          <ScrollableTable label={TEXTS.usage.costTable}>
            <thead>
              <tr>
                <th scope="col">{columns.workbench}</th>
                <th scope="col">{columns.hours}</th>
                <th scope="col">{columns.usd}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {items.map(({ workbench_id: workbenchId, workbench_name: name, hours_running: hours, usd }) => (
                <tr key={workbenchId}>
                  <th scope="row">
                    <a href={toAddress({ name: 'workbench', workbenchId })}>{name}</a>
                  </th>
                  <td>{hours.toFixed(1)}</td>
                  <td>{formatUsd(usd)}</td>
                  <td class="chart">
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="used" width={most === 0 ? 0 : (usd / most) * 100} height="8" />
                    </svg>
                  </td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">{TEXTS.usage.total}</th>
                <td>{data.total.hours_running.toFixed(1)}</td>
                <td>{formatUsd(data.total.usd)}</td>
                <td />
              </tr>
            </tfoot>
          </ScrollableTable>
          {data.next_cursor !== undefined && <p class="hint">{TEXTS.usage.pageOnly}</p>}
          <p class="hint">{data.basis}</p>
        </>
      )}
    </section>
  );
}
