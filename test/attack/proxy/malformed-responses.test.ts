import { expect, test } from 'vitest';
import { attackServer, mapInParallel } from '../attacked-server.ts';
import type { Exchange } from '../exchange.ts';
import { HOSTILE, openWorkbench, requestBytes } from './hostile-workbench.ts';
import { MALFORMED } from './malformed-responses.ts';

test('a malformed response of a workbench costs its own request only', async () => {
  await attackServer(HOSTILE, async (server) => {
    const workbench = await openWorkbench(server);
    const kinds = Object.entries(MALFORMED);
    expect(kinds.length).toBeGreaterThanOrEqual(59);
    const results = await mapInParallel(kinds, 4, async ([name, { bytes, ending, ...request }]) => [
      name,
      outcomeOf(await requestBytes(workbench, bytes, ending, request)),
    ]);
    expect(Object.fromEntries(results)).toEqual(
      Object.fromEntries(kinds.map(([name, { expected }]) => [name, expected])),
    );
  });
});

/** The status, or how the response is broken. */
function outcomeOf({ status, head, body, ending }: Exchange): number | string {
  if (ending !== 'closed') return ending;
  return status !== undefined && isComplete(head, body) ? status : 'cut';
}

function isComplete(head: string, body: string): boolean {
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (/^transfer-encoding: chunked$/im.test(head)) return body.endsWith('0\r\n\r\n');
  // The length in a 304 is that of the response with a body.
  return length === undefined || / 304 /.test(head) || body.length === Number(length);
}
