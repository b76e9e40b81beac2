import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import type { CreateBody, QuotaName } from '../api.ts';
import { useConsole } from '../context.ts';
import { formatQuota, formatUsd } from '../format.ts';
import { TEXTS } from '../texts.ts';

/** What a workbench would leave of the quota, and cost. Shows nothing that the API does not say. */
export function CreatePreview({ body }: { readonly body: CreateBody }) {
  const { api } = useConsole();
  const { data, error } = useQuery({
    queryKey: ['preview', JSON.stringify(body)],
    queryFn: ({ signal }) => api.preview(body, signal),
    placeholderData: keepPreviousData,
  });
  // The form itself says what is wrong, once it is sent.
  if (data === undefined || error !== null) return null;
  const perHour = data.estimate?.per_hour_running;
  const left = (Object.entries(data.quota.left) as [QuotaName, number | null][]).flatMap(([name, amount]) =>
    amount === null ? [] : [TEXTS.create.left(TEXTS.usage.names[name], formatQuota(name, amount))],
  );
  if (perHour === undefined && left.length === 0) return null;
  return (
    <ul class="hint">
      {perHour !== undefined && <li>{TEXTS.create.costs(formatUsd(perHour))}</li>}
      {left.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
