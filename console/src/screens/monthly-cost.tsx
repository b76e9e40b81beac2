import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { toAddress } from '../addresses.ts';
import { CostTable } from '../components/cost-table.tsx';
import { MonthField } from '../components/month-field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { toMonth } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { TEXTS } from '../texts.ts';

const { costColumns: columns } = TEXTS.usage;

/** What the workbenches of the user have cost in a month: each of them, and each day. */
export function MonthlyCost() {
  const { api } = useConsole();
  const [month, setMonth] = useState(toMonth(new Date()));
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', month],
    queryFn: ({ signal }) => api.usage(month, signal),
    refetchInterval: LIST_INTERVAL_MS,
    placeholderData: keepPreviousData,
  });
  const items = [...(data?.items ?? [])].sort((a, b) => b.usd - a.usd);
  return (
    <section>
      <h2>{TEXTS.usage.cost}</h2>
      <MonthField month={month} onChange={setMonth} />
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data && items.length === 0 && <p>{TEXTS.usage.noCost}</p>}
      {data && items.length > 0 && (
        <>
          <CostTable
            label={TEXTS.usage.costTable}
            column={columns.workbench}
            rows={items.map(({ workbench_id: workbenchId, workbench_name: name, ...sum }) => ({
              key: workbenchId,
              name: <a href={toAddress({ name: 'workbench', workbenchId })}>{name}</a>,
              ...sum,
            }))}
            total={data.total}
          />
          {data.days.length > 0 && (
            <>
              <h3>{TEXTS.usage.byDay}</h3>
              <CostTable
                label={TEXTS.usage.dayTable}
                column={columns.day}
                rows={data.days.map(({ day, ...sum }) => ({ key: day, name: day, ...sum }))}
                total={data.total}
              />
            </>
          )}
          {data.isPart && <p class="hint">{TEXTS.usage.pageOnly}</p>}
          <p class="hint">{data.basis}</p>
        </>
      )}
    </section>
  );
}
