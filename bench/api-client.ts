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

/** As many connections as there are requests. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

export async function callApi(method: 'GET' | 'POST', url: string, body?: unknown): Promise<ApiResponse> {
  return await new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      response.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Every workbench of a user, page by page. */
export async function listAll(url: string, userId: string): Promise<readonly WorkbenchItem[]> {
  const items: WorkbenchItem[] = [];
  let cursor = '';
  for (;;) {
    const { status, body } = await callApi('GET', `${url}/workbenches?user_id=${userId}${cursor}`);
    if (status !== 200) throw new Error(`list answered ${status}: ${JSON.stringify(body)}`);
    items.push(...(body.items ?? []));
    if (body.next_cursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}

/** Waits until every workbench of a user is stopped. @throws when that takes longer than `withinMs` */
export async function waitUntilAllStopped(
  url: string,
  userId: string,
  withinMs: number,
): Promise<readonly WorkbenchItem[]> {
  const began = performance.now();
  for (;;) {
    const items = await listAll(url, userId);
    const going = items.filter(({ status }) => status !== 'stopped').length;
    if (going === 0) return items;
    if (performance.now() - began > withinMs) throw new Error(`${going} are still not stopped`);
    // Seldom enough not to be what is measured.
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
