import { join } from 'node:path';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { rawRequest } from '#test/local/raw-http.ts';
import type { AttackedServer } from '../attacked-server.ts';
import { type Exchange, exchange } from '../exchange.ts';

const PROGRAM = join(import.meta.dirname, 'hostile-workbench.mjs');

/** What a workbench does after it has sent its bytes. */
export type BackendEnding = 'close' | 'keep' | 'reset';

/** The settings of a server whose workbenches send any bytes. */
export const HOSTILE = { WB_BOOT_COMMAND: `exec '${process.execPath}' '${PROGRAM}'` };

/** Creates a workbench and waits until it runs. Returns its address without the slash at the end. */
export async function openWorkbench({ api }: AttackedServer, authorization?: string): Promise<URL> {
  const headers = authorization === undefined ? {} : { authorization };
  const created = await fetch(`${api}/workbenches?user_id=ada`, { method: 'POST', headers });
  const { item } = (await created.json()) as { readonly item: WorkbenchItem };
  await eventually(waitRealStep, 'the workbench is running', async () => {
    const response = await fetch(`${api}/workbenches/${item.workbench_id}?user_id=ada`, { headers });
    const { item: polled } = (await response.json()) as { readonly item: WorkbenchItem };
    if (polled.status_reason !== undefined) throw new Error(JSON.stringify(polled.status_reason));
    return polled.status === 'running';
  });
  return new URL(item.public_endpoint);
}

/** Requests a response with these bytes from the workbench. The client ends the exchange with `Connection: close`. */
export function requestBytes(
  workbench: URL,
  bytes: string,
  ending: BackendEnding = 'close',
  { headers = [], version = '1.1' }: { readonly headers?: readonly string[]; readonly version?: string } = {},
): Promise<Exchange> {
  const encoded = Buffer.from(bytes, 'latin1').toString('base64url');
  const target = `GET ${workbench.pathname}/${ending}/${encoded}`;
  const request = rawRequest(target, [`Host: ${workbench.host}`, ...headers]);
  return exchange(Number(workbench.port), request.replace(' HTTP/1.1\r\n', ` HTTP/${version}\r\n`));
}
