import { type Arrival, DAY_SECONDS } from './arrivals.ts';
import { type Bill, Cluster } from './cluster.ts';
import { LowerBound } from './lower-bound.ts';
import type { MakePolicy } from './policies.ts';
import type { ProviderSet } from './provider-sets.ts';
import { Timeline } from './timeline.ts';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;

/** Simulates all starts with a policy and returns the bill. */
export async function simulateBill(
  make: MakePolicy,
  { providers }: ProviderSet,
  starts: readonly Arrival[],
  days: number,
  seed: number,
): Promise<Bill> {
  const timeline = new Timeline();
  const policy = make(timeline, providers, seed);
  const cluster = new Cluster(timeline, providers, (event) => policy.onInstanceEvent(event));
  for (const { at, request, durationSeconds } of starts) {
    timeline.at(at, async () => cluster.run(request, durationSeconds, await policy.choose(request)));
  }
  for (let at = 0; at < days * DAY_SECONDS; at += MINUTE_SECONDS) timeline.at(at, () => cluster.evaluate());
  await timeline.runUntil(days * DAY_SECONDS);
  cluster.close();
  return cluster.bill;
}

/** Returns the lower bound of the cost, and the workbench hours, without waiting and without unused capacity. */
export function computeLowerBound(
  { providers }: ProviderSet,
  starts: readonly Arrival[],
  days: number,
): Pick<Bill, 'cost' | 'workbenchHours'> {
  const bound = new LowerBound(providers);
  const changes = starts
    .flatMap(({ at, durationSeconds, request }) => [
      { at, request, sign: 1 },
      { at: Math.min(at + durationSeconds, days * DAY_SECONDS), request, sign: -1 },
    ])
    .sort((one, other) => one.at - other.at);
  const running = { cpuUnits: 0, memoryMib: 0, gpuCount: 0, interfaces: 0 };
  const total = { cost: 0, workbenchHours: 0 };
  let since = 0;
  for (const { at, request, sign } of changes) {
    const hours = (at - since) / HOUR_SECONDS;
    total.cost += hours * bound.costOf(running);
    total.workbenchHours += hours * running.interfaces;
    since = at;
    running.cpuUnits += sign * request.cpuUnits;
    running.memoryMib += sign * request.memoryMib;
    running.gpuCount += sign * request.gpuCount;
    running.interfaces += sign;
  }
  return total;
}
