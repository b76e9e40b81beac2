import {
  type Workbench,
  WorkbenchClient,
  type WorkbenchClientOptions,
} from '#clients/typescript/src/index.ts';

export const ID = '01k5w3p8xg7t2mzq4v9r6ehbnc';

/** A response, or an error: the connection broke. */
export type ScriptedResponse = Error | ((request: Request) => Response | Promise<Response>);

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Opens a client whose requests get these responses in turn, the last one again and again. Its waits end at once. */
export function openClient(
  responses: readonly ScriptedResponse[],
  options: Partial<WorkbenchClientOptions> = {},
) {
  const requests: RecordedRequest[] = [];
  const waits: number[] = [];
  let now = 0;
  const client = new WorkbenchClient({
    baseUrl: 'https://api.example.com/v1/',
    userId: 'ada',
    ...options,
    fetch: async (request) => {
      const { method, url } = request;
      const scripted = responses[Math.min(requests.length, responses.length - 1)];
      requests.push({
        method,
        url,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
      if (scripted === undefined || scripted instanceof Error) throw scripted;
      return await scripted(request);
    },
    timers: {
      now: () => now,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        waits.push(ms);
        now += ms;
      },
    },
  });
  return { client, requests, waits };
}

export function respond(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): () => Response {
  return () => Response.json(body, { status, headers });
}

export function itemResponse(fields: Partial<Workbench>, retryAfter?: number): () => Response {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return respond(200, { success: true, item: { ...STARTING, ...fields } }, headers);
}

export function errorResponse(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): () => Response {
  return respond(status, { success: false, error: { code, message: `The message of ${code}.` } }, headers);
}

const STARTING: Workbench = {
  user_id: 'ada',
  workbench_id: ID,
  workbench_name: 'First',
  status: 'starting',
  desired_status: 'running',
  public_endpoint: `https://wb.example.com/project/${ID}`,
  requested_cpu: 1024,
  requested_memory: 2048,
  requested_gpu: 0,
  on_interruption: 'stop',
  created_at: '2030-01-01T09:00:00.000Z',
  updated_at: '2030-01-01T09:00:00.000Z',
};
