import { expect } from 'vitest';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import type { LocalServer } from '#test/e2e/local-server.ts';

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly item: WorkbenchItem; readonly error?: { code: string; reason?: string } };
}

/** Makes a request as the user `me`. */
export async function call(
  { api }: LocalServer,
  method: string,
  path: string,
  body?: object,
): Promise<Reply> {
  const response = await fetch(`${api}${path}?user_id=me`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: (await response.json()) as Reply['body'] };
}

export function create(server: LocalServer): Promise<Reply> {
  return call(server, 'POST', '/workbenches', { workbench_name: 'one of many' });
}

export async function createMany(server: LocalServer, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { status, body } = await create(server);
    expect(status).toBe(201);
    ids.push(body.item.workbench_id);
  }
  return ids;
}

export async function waitFor(
  server: LocalServer,
  id: string,
  fields: Partial<WorkbenchItem>,
): Promise<WorkbenchItem> {
  return await eventually(waitRealStep, `${id} has ${JSON.stringify(fields)}`, async () => {
    const { item } = (await call(server, 'GET', `/workbenches/${id}`)).body;
    const entries = Object.entries(fields);
    return entries.every(([name, value]) => item[name as keyof WorkbenchItem] === value) && item;
  });
}

export async function waitUntilGone(server: LocalServer, id: string): Promise<void> {
  const read = () => call(server, 'GET', `/workbenches/${id}`);
  await eventually(waitRealStep, `${id} is gone`, async () => (await read()).status === 404);
}
