import { expect, inject, test } from 'vitest';
import { Random } from '../../../bench/placement/random.ts';
import { attackServer, mapInParallel } from '../attacked-server.ts';
import type { Exchange } from '../exchange.ts';
import { HOSTILE, openWorkbench, requestBytes } from './hostile-workbench.ts';
import { drawResponse } from './response-grammar.ts';

const RESPONSES = 3000;

test('random responses of a workbench cost their own requests only', async () => {
  const random = new Random(inject('seed'));
  const responses = Array.from({ length: RESPONSES }, () => drawResponse(random));
  await attackServer(HOSTILE, async (server) => {
    const workbench = await openWorkbench(server);
    const exchanges = await mapInParallel(responses, 8, ({ bytes, ending }) =>
      requestBytes(workbench, bytes, ending),
    );
    const violations = exchanges.flatMap((received, index) => {
      const problem = findViolation(received);
      return problem === undefined ? [] : [{ problem, sent: responses[index], received }];
    });
    expect(violations.slice(0, 5)).toEqual([]);
    // Otherwise the grammar would test only one way through the proxy.
    const forwarded = exchanges.filter(({ status }) => status === 200).length;
    const refused = exchanges.filter(({ status }) => status === 502).length;
    expect([forwarded > RESPONSES / 20, refused > RESPONSES / 20]).toEqual([true, true]);
  });
});

/** Returns what is wrong with a response of the proxy. Nothing that a workbench sends may cause it. */
function findViolation({ status, head, ending }: Exchange): string | undefined {
  if (ending !== 'closed') return 'the connection stayed open although the client wants to close it';
  // A response that breaks while it is sent ends the connection. The client sees that it is not complete.
  if (status === undefined) return head === '' ? undefined : 'the status line is invalid';
  if (status < 200) return 'the status is informational';
  const [, ...headers] = head.split('\r\n');
  const invalid = headers.find((line) => !/^[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*$/.test(line));
  if (invalid !== undefined) return `the header ${JSON.stringify(invalid)} is invalid`;
  if (status === 204 && /^(content-length|transfer-encoding):/im.test(head)) return 'a 204 announces a body';
  if (/^transfer-encoding:/im.test(head) && /^content-length:/im.test(head)) return 'the length is ambiguous';
  return /^(trailer|upgrade|te):/im.test(head) ? 'a header of another connection is forwarded' : undefined;
}
