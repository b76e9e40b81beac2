import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** The deleted workbenches of the user that can be restored. Shows nothing if there is none. */
export function DeletedWorkbenches() {
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
