import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** Calls of the API that a test expects to succeed. */

export interface Reply {
  readonly status: number;
  readonly item: WorkbenchItem;
  readonly error?: { readonly code: string; readonly reason?: string };
}

export interface Server {
  readonly api: string;
  /** The static key of the API. Absent if it is open. */
  readonly key?: string;
  /** @default me */
  readonly userId?: string;
}

export async function call(server: Server, method: string, path: string, body?: object): Promise<Reply> {
  const { api, key, userId = 'me' } = server;
  const response = await fetch(`${api}${path}?user_id=${userId}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { ...((await response.json()) as Omit<Reply, 'status'>), status: response.status };
}

/** Creates a workbench and returns its id. */
export async function create(server: Server, name: string): Promise<string> {
  const { status, item } = await call(server, 'POST', '/workbenches', { workbench_name: name });
  if (status !== 201) throw new Error(`the creation of ${name} has the response ${status}`);
  return item.workbench_id;
}

export async function poll(server: Server, id: string): Promise<WorkbenchItem> {
  return (await call(server, 'GET', `/workbenches/${id}`)).item;
}

/** Requests a stop or start that must be accepted. */
export async function request(server: Server, action: 'start' | 'stop', id: string): Promise<void> {
  const { status } = await call(server, 'POST', `/workbenches/${id}/${action}`);
  if (status !== 200) throw new Error(`${action} ${id} has the response ${status}`);
}

/** Polls until the workbench has this status. A start that fails is not waited for. */
export async function pollUntil(server: Server, id: string, status: string): Promise<WorkbenchItem> {
  return await eventually(waitRealStep, `${id} is ${status}`, async () => {
    const item = await poll(server, id);
    if (item.status === 'stopped' && status !== 'stopped')
      throw new Error(`it is stopped: ${JSON.stringify(item.status_reason)}`);
    return item.status === status && item;
  });
}

export async function deleteWorkbench(server: Server, id: string): Promise<void> {
  const { status } = await call(server, 'DELETE', `/workbenches/${id}`);
  if (status !== 200) throw new Error(`the deletion of ${id} has the response ${status}`);
  await eventually(
    waitRealStep,
    `${id} is gone`,
    async () => (await call(server, 'GET', `/workbenches/${id}`)).status === 404,
  );
}
