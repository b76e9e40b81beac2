import { ToolError } from '../../command-line.ts';
import type { DeploymentCalls, WorkbenchResponse } from './calls.ts';

/** The user in whose name the checks create workbenches. */
export const CHECK_USER = 'deployment-check';

const POLL_INTERVAL_MS = 2000;

/** Longer than the sum of the deadlines of a start: the API itself ends every transition before. */
export const TRANSITION_MAX_MS = 75 * 60_000;

/** How long each status lasted, in the order in which a client saw them. */
export type StatusDurations = readonly { readonly status: string; readonly seconds: number }[];

/** A workbench that does not reach its status. */
export class TransitionFailed extends ToolError {}

/** @throws TransitionFailed */
export async function createTrialWorkbench(calls: DeploymentCalls, name: string): Promise<string> {
  const response = await calls.request('POST', `/workbenches?user_id=${CHECK_USER}`, {
    workbench_name: name,
  });
  const id = response.item.workbench_id;
  if (response.status === 201 && id !== undefined) return id;
  throw new TransitionFailed(`POST /workbenches returned ${response.status}`);
}

/** Sends a request that starts a transition. @throws TransitionFailed */
export async function requestTransition(
  calls: DeploymentCalls,
  id: string,
  action: 'start' | 'stop' | 'delete',
): Promise<void> {
  const path = `/workbenches/${id}`;
  const { status } =
    action === 'delete'
      ? await calls.request('DELETE', withUser(path))
      : await calls.request('POST', withUser(`${path}/${action}`));
  if (status !== 200) throw new TransitionFailed(`${action} returned ${status}`);
}

/**
 * Polls a workbench until it has a status, or with `gone` until it does not exist.
 * @throws TransitionFailed With the reason of the API, if it stopped instead, or after TRANSITION_MAX_MS.
 */
export async function waitForStatus(
  calls: DeploymentCalls,
  id: string,
  target: 'running' | 'stopped' | 'gone',
): Promise<StatusDurations> {
  const startedAt = calls.now();
  const seen: { status: string; at: number }[] = [];
  for (;;) {
    const response = await calls.request('GET', withUser(`/workbenches/${id}`));
    const status = statusOf(response);
    if (seen.at(-1)?.status !== status) seen.push({ status, at: calls.now() });
    if (status === target) return toDurations(seen);
    const { status_detail: detail = '', status_reason: reason } = response.item;
    if (status === 'stopped' && target === 'running') {
      throw new TransitionFailed(`stopped with ${reason?.code ?? 'no reason'}: ${reason?.message ?? ''}`);
    }
    if (calls.now() - startedAt > TRANSITION_MAX_MS) {
      throw new TransitionFailed(`is still ${status} ${detail} after ${TRANSITION_MAX_MS / 60_000} minutes`);
    }
    await calls.wait(POLL_INTERVAL_MS);
  }
}

/** @throws TransitionFailed */
function statusOf({ status, item }: WorkbenchResponse): string {
  if (status === 404) return 'gone';
  if (status === 200 && item.status !== undefined) return item.status;
  throw new TransitionFailed(`GET of the workbench returned ${status}`);
}

function withUser(path: string): string {
  return `${path}?user_id=${CHECK_USER}`;
}

function toDurations(seen: readonly { status: string; at: number }[]): StatusDurations {
  return seen.flatMap(({ status, at }, index) => {
    const next = seen[index + 1];
    return next === undefined ? [] : [{ status, seconds: Math.round((next.at - at) / 1000) }];
  });
}

/** `95 s (starting 5, provisioning 60, pending 30)`. */
export function formatDurations(durations: StatusDurations): string {
  const total = durations.reduce((sum, { seconds }) => sum + seconds, 0);
  const parts = durations.map(({ status, seconds }) => `${status} ${seconds}`).join(', ');
  return parts === '' ? `${total} s` : `${total} s (${parts})`;
}
