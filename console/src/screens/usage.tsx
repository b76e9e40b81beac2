import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { toAddress } from '../addresses.ts';
import type { Quota, QuotaName } from '../api.ts';
import { MonthField } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { Bar, CostTable } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { formatQuota, toMonth } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { TEXTS } from '../texts.ts';

/** What the workbenches of the user hold, and the limits in force. */
export function Usage() {
  const { api } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: ['quota'],
    queryFn: ({ signal }) => api.quota(signal),
    refetchInterval: LIST_INTERVAL_MS,
  });
  return (
    <>
      <h1>{TEXTS.screens.usage}</h1>
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data && (
        <section>
          <h2>{TEXTS.usage.title}</h2>
          <p class="hint">{TEXTS.usage.explanation}</p>
          {(Object.keys(data.limits) as QuotaName[]).map((name) => (
            <Amount key={name} name={name} quota={data} />
          ))}
        </section>
      )}
      <MonthlyCost />
    </>
  );
}

function Amount({ name, quota }: { readonly name: QuotaName; readonly quota: Quota }) {
  const format = (amount: number) => formatQuota(name, amount);
  const label = TEXTS.usage.names[name];
  const [limit, used] = [quota.limits[name], quota.used[name]];
  if (limit === null) return <p>{TEXTS.usage.unlimited(label, format(used))}</p>;
  return <Bar label={label} all={limit} used={used} format={format} />;
}

const { costColumns: columns } = TEXTS.usage;

/** What the workbenches of the user have cost in a month: each of them, and each day. */
function MonthlyCost() {
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
