import { Agent, request } from 'node:http';
import type { WorkbenchItem } from '#contract/response-bodies.ts';

export interface ApiResponse {
  readonly status: number;
  readonly body: {
    readonly item?: WorkbenchItem;
    readonly items?: readonly WorkbenchItem[];
    readonly next_cursor?: string;
  };
}

/** Opens one connection for each concurrent request. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** @param extraHeaders are sent in addition to the type of the body */
export async function callApi(
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<ApiResponse> {
  return await new Promise((resolve, reject) => {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...extraHeaders,
    };
    const outgoing = request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      response.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Returns all workbenches of a user, from all pages. */
export async function listAll(
  url: string,
  userId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly WorkbenchItem[]> {
  const items: WorkbenchItem[] = [];
  let cursor = '';
  for (;;) {
    const path = `/workbenches?user_id=${userId}${cursor}`;
    const { status, body } = await callApi('GET', `${url}${path}`, undefined, headers);
    if (status !== 200) throw new Error(`list returned ${status}: ${JSON.stringify(body)}`);
    items.push(...(body.items ?? []));
    if (body.next_cursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}

/** Waits until every workbench of a user is stopped. @throws Error After `timeoutMs`. */
export async function waitUntilAllStopped(
  url: string,
  userId: string,
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly WorkbenchItem[]> {
  const start = performance.now();
  for (;;) {
    const items = await listAll(url, userId, headers);
    const active = items.filter(({ status }) => status !== 'stopped').length;
    if (active === 0) return items;
    if (performance.now() - start > timeoutMs) throw new Error(`${active} workbenches are still not stopped`);
    // A longer interval, so that these polls do not influence the measurement.
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
