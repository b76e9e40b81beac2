import {
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query';
import { WorkbenchApiError } from '#clients/typescript/src/errors.ts';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Api, ListRequest, Page, Polled, Target } from './api.ts';
import { useConsole } from './context.ts';
import { LIST_INTERVAL_MS, nextPollMs, START_TIMES_AGE_MS } from './polling.ts';
import { isInTransition } from './workbench-state.ts';

/** What the page reads, and when it reads it again. TanStack Query pauses the intervals while the page is hidden. */

export const KEYS = {
  lists: ['list'],
  list: (shared: boolean, search: string, userId?: string) => ['list', shared, search, userId],
  workbench: (workbenchId: string) => ['workbench', workbenchId],
  history: (workbenchId: string) => ['workbench', workbenchId, 'history'],
  logs: (workbenchId: string) => ['workbench', workbenchId, 'logs'],
  deleted: ['list', 'deleted'],
  startTimes: ['start-times'],
  templates: ['templates'],
  reports: ['reports'],
  machines: ['machines'],
  links: (workbenchId: string) => ['workbench', workbenchId, 'links'],
  shares: (workbenchId: string) => ['workbench', workbenchId, 'shares'],
} as const;

/** @param userId whose workbenches; undefined: those of the session */
export function useWorkbenchList(shared: boolean, search: string, userId?: string) {
  const { api } = useConsole();
  return useInfiniteQuery({
    queryKey: KEYS.list(shared, search, userId),
    queryFn: ({ pageParam, signal }) => readPage(api, { shared, search, userId, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: LIST_INTERVAL_MS,
    // The earlier results stay until those of another search have come.
    placeholderData: keepPreviousData,
  });
}

/** A page of a search may be empty although another one follows: the API reads a part of the workbenches for each. */
async function readPage(api: Api, request: ListRequest, signal: AbortSignal): Promise<Page> {
  let page = await api.list(request, signal);
  while (request.search !== '' && page.items.length === 0 && page.nextCursor !== undefined) {
    page = await api.list({ ...request, cursor: page.nextCursor }, signal);
  }
  return page;
}

/** How long starts usually take. */
export function useStartTimes() {
  const { api } = useConsole();
  return useQuery({
    queryKey: KEYS.startTimes,
    queryFn: ({ signal }) => api.startTimes(signal),
    staleTime: START_TIMES_AGE_MS,
  });
}

/** @param listed what a list has shown. While it is in transition, the workbench is polled as the API asks. */
export function useListedWorkbench(listed: Workbench): Workbench {
  const { api } = useConsole();
  const { data } = useQuery({
    queryKey: KEYS.workbench(listed.workbench_id),
    queryFn: ({ signal }) => api.get({ workbenchId: listed.workbench_id }, signal),
    enabled: ({ state }) => isInTransition(latest(state.data?.workbench, listed)),
    refetchInterval: ({ state }) => pollAgainMs(state.data),
  });
  return latest(data?.workbench, listed);
}

export function useWorkbench(target: Target) {
  const { api } = useConsole();
  return useQuery({
    queryKey: KEYS.workbench(target.workbenchId),
    queryFn: ({ signal }) => api.get(target, signal),
    // A workbench that does not exist, or may not be seen, is not asked for again.
    refetchInterval: ({ state }) => !isFinal(state.error) && pollAgainMs(state.data),
  });
}

function pollAgainMs(polled: Polled | undefined): number {
  const stopsAt = polled?.workbench.stops_at;
  return nextPollMs(
    polled?.retryAfterSeconds,
    stopsAt === undefined ? undefined : Date.parse(stopsAt) - Date.now(),
  );
}

function isFinal(error: Error | null): boolean {
  return (
    error instanceof WorkbenchApiError && error.status >= 400 && error.status < 500 && error.status !== 429
  );
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
