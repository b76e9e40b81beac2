import {
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Api, Polled, Target } from './api.ts';
import { useConsole } from './context.ts';
import { LIST_INTERVAL_MS, nextPollMs } from './polling.ts';
import { isInTransition } from './workbench-state.ts';

/** What the page reads, and when it reads it again. TanStack Query pauses the intervals while the page is hidden. */

export const KEYS = {
  lists: ['list'],
  list: (shared: boolean) => ['list', shared],
  workbench: (workbenchId: string) => ['workbench', workbenchId],
  history: (workbenchId: string) => ['workbench', workbenchId, 'history'],
  shares: (workbenchId: string) => ['workbench', workbenchId, 'shares'],
} as const;

export function useWorkbenchList(shared: boolean) {
  const { api } = useConsole();
  return useInfiniteQuery({
    queryKey: KEYS.list(shared),
    queryFn: ({ pageParam, signal }) => api.list({ shared, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: LIST_INTERVAL_MS,
  });
}

/** @param listed what a list has shown. While it is in transition, the workbench is polled as the API asks. */
export function useListedWorkbench(listed: Workbench): Workbench {
  const { api } = useConsole();
  const { data } = useQuery({
    queryKey: KEYS.workbench(listed.workbench_id),
    queryFn: ({ signal }) => api.get({ workbenchId: listed.workbench_id }, signal),
    enabled: ({ state }) => isInTransition(latest(state.data?.workbench, listed)),
    refetchInterval: ({ state }) => nextPollMs(state.data?.retryAfterSeconds),
  });
  return latest(data?.workbench, listed);
}

export function useWorkbench(target: Target) {
  const { api } = useConsole();
  return useQuery({
    queryKey: KEYS.workbench(target.workbenchId),
    queryFn: ({ signal }) => api.get(target, signal),
    refetchInterval: ({ state }) =>
      state.error === null ? nextPollMs(state.data?.retryAfterSeconds) : false,
  });
}

/** An act on a workbench. `wanted` is shown before the API has confirmed it: what was requested, never what has happened. */
export interface ActOptions {
  readonly act: (api: Api, target: Target) => Promise<unknown>;
  readonly wanted?: Partial<Workbench>;
}

export function useAct(workbench: Workbench, target: Target, { act, wanted }: ActOptions) {
  const { api } = useConsole();
  const client = useQueryClient();
  const key = KEYS.workbench(workbench.workbench_id);
  return useMutation({
    mutationFn: () => act(api, target),
    onMutate: async () => {
      const previous = client.getQueryData<Polled>(key);
      if (wanted === undefined) return { previous };
      await client.cancelQueries({ queryKey: key, exact: true });
      client.setQueryData<Polled>(key, (old) => ({
        // Read again at once by onSettled.
        retryAfterSeconds: old?.retryAfterSeconds,
        workbench: { ...(old?.workbench ?? workbench), ...wanted },
      }));
      return { previous };
    },
    onError: (_error, _variables, context) => {
      if (wanted === undefined) return;
      if (context?.previous === undefined) client.removeQueries({ queryKey: key, exact: true });
      else client.setQueryData<Polled>(key, context.previous);
    },
    onSettled: () => refreshWorkbench(client, workbench.workbench_id),
  });
}

/** Reads a workbench, its history and the lists again. */
export async function refreshWorkbench(client: QueryClient, workbenchId: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: KEYS.workbench(workbenchId) }),
    client.invalidateQueries({ queryKey: KEYS.lists }),
  ]);
}

/** Returns the state that was read last. */
function latest(polled: Workbench | undefined, listed: Workbench): Workbench {
  if (polled === undefined) return listed;
  return Date.parse(polled.updated_at) >= Date.parse(listed.updated_at) ? polled : listed;
}
