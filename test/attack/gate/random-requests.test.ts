import { expect, inject, test } from 'vitest';
import { Random } from '../../../bench/placement/random.ts';
import { mapInParallel } from '../attacked-server.ts';
import { ADAS, EVES, openAttackedGate } from './attacked-gate.ts';
import {
  type Arrival,
  CANARY,
  createParts,
  drawRequest,
  expectedArrival,
  type RandomRequest,
  render,
} from './random-requests.ts';
import { valuesOf, type WireRequest } from './wire-reader.ts';

const REQUESTS = 10_000;

test('of random requests, those and only those arrive that the reference allows, as their user and without secrets', async () => {
  const gate = await openAttackedGate();
  const parts = await createParts(gate);
  const random = new Random(inject('seed'));
  const requests = Array.from({ length: REQUESTS }, () => drawRequest(random, parts));
  const endings = await mapInParallel(requests, 8, async (request, index) => {
    const { status, ending } = await gate.send(render(request, `X-Case: ${index}`));
    return ending === 'closed' ? status : ending;
  });
  await gate.settle();
  const arrived = new Map<number, { readonly workbenchId: string; readonly wire: WireRequest }>();
  for (const [workbenchId, workbench] of [
    [ADAS, gate.adas],
    [EVES, gate.eves],
  ] as const) {
    expect(workbench.faults).toEqual([]);
    expect(workbench.received.includes(CANARY)).toBe(false);
    for (const wire of workbench.requests) {
      const index = Number(valuesOf(wire, 'x-case')[0]);
      expect([index, arrived.has(index)]).toEqual([index, false]);
      arrived.set(index, { workbenchId, wire });
    }
  }
  const violations = requests.flatMap((request, index) => {
    const problem = findViolation(request, expectedArrival(request), arrived.get(index), endings[index]);
    return problem === undefined
      ? []
      : [{ index, problem, bytes: render(request, ''), ending: endings[index] }];
  });
  expect(violations.slice(0, 3)).toEqual([]);
  expect(gate.commands).toEqual([]);
  expect(gate.telemetry.errors).toEqual([]);
  expect(gate.telemetry.text.includes(CANARY)).toBe(false);
  // Otherwise the grammar would test only one decision.
  expect([arrived.size > REQUESTS / 20, arrived.size < REQUESTS / 2]).toEqual([true, true]);
});

/** Returns what is wrong. */
function findViolation(
  { method, target, framing }: RandomRequest,
  expected: Arrival | undefined,
  arrival: { readonly workbenchId: string; readonly wire: WireRequest } | undefined,
  ending: number | string | undefined,
): string | undefined {
  if (ending === 'timeout') return 'the connection stayed open';
  if (expected === undefined) {
    if (arrival !== undefined) return 'it reached a workbench';
    return ending === 101 ? 'a WebSocket was opened' : undefined;
  }
  if (arrival === undefined) return 'it reached no workbench';
  const { wire, workbenchId } = arrival;
  if (workbenchId !== expected.workbenchId) return 'it reached another workbench';
  if (valuesOf(wire, 'x-workbench-user').join() !== expected.userId) return 'it has another user';
  if (wire.method !== method || wire.target !== target || wire.body !== framing.body) return 'it was changed';
  if (/__host-wb_/i.test(valuesOf(wire, 'cookie').join())) return 'it has a cookie of the gate';
  const secret = ['authorization', 'proxy-authorization'].find((name) => valuesOf(wire, name).length > 0);
  return secret === undefined ? undefined : `it has ${secret}`;
}
