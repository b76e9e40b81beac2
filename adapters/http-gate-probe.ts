import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { PROBE_PATH, probeTokenOf } from '#adapters/probe-token.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { GateProbe, GateProbeResult, ProbedTask } from '#core/ports/gate-probe.ts';

export interface HttpGateProbeOptions {
  /** Returns the address of the gate, and the Host header if it is not that of the address. */
  readonly gate: () => { readonly url: URL; readonly host?: string };
  /** Returns the keys of the tokens. It caches them itself. */
  readonly keys: () => Promise<readonly [string, ...string[]]>;
  readonly clock: Clock;
  /** Milliseconds for a whole response. The gate takes up to 2 s to read the record, and 3 s for the workbench. @default 7,000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 7_000;
/** The gate sends about 100 bytes. */
const BODY_MAX_BYTES = 4_096;
const DETAIL = /^[\x20-\x7e]{1,100}$/;

/** Asks the gate by HTTP. */
export class HttpGateProbe implements GateProbe {
  readonly #options: HttpGateProbeOptions;

  constructor(options: HttpGateProbeOptions) {
    this.#options = options;
  }

  async probe(task: ProbedTask): Promise<GateProbeResult> {
    try {
      const [key] = await this.#options.keys();
      const { status, body } = await this.#send(probeTokenOf(key, task, this.#options.clock.now()));
      // A load balancer without a healthy gate responds with 502 to 504, and so does a gate that cannot read the record.
      if (status === 404 || status === 405) return { kind: 'unsupported' };
      return status === 200 ? parseResult(body, task) : { kind: 'silent' };
    } catch {
      return { kind: 'silent' };
    }
  }

  #send(token: string): Promise<{ readonly status: number; readonly body: string }> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const { url, host } = this.#options.gate();
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(new URL(PROBE_PATH, url), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-length': 0,
          ...(host === undefined ? {} : { host }),
        },
        // A connection that is kept may have ended while the function was frozen.
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      });
      request.on('error', reject);
      request.on('response', (response) => {
        readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      request.end();
    });
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_MAX_BYTES) throw new Error('the response is not one of the gate');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Anything else than the gate writes counts as no response. */
function parseResult(body: string, { taskId }: ProbedTask): GateProbeResult {
  const result = JSON.parse(body) as { task_id?: unknown; reachable?: unknown; detail?: unknown } | null;
  if (result?.task_id !== taskId) return { kind: 'silent' };
  if (result.reachable === true) return { kind: 'reachable' };
  const { detail } = result;
  return result.reachable === false && typeof detail === 'string' && DETAIL.test(detail)
    ? { kind: 'unreachable', detail }
    : { kind: 'silent' };
}
