import { useQuery } from '@tanstack/preact-query';
import type { Quota, QuotaName } from '../api.ts';
import { Bar } from '../components/bar.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatQuota } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { TEXTS } from '../texts.ts';
import { MonthlyCost } from './monthly-cost.tsx';

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
