import { type Arrival, DAY_SECONDS } from './arrivals.ts';
import { type Bill, Cluster } from './cluster.ts';
import { LowerBound } from './lower-bound.ts';
import type { MakePolicy } from './policies.ts';
import type { ProviderSet } from './provider-sets.ts';
import { Timeline } from './timeline.ts';

const MINUTE = 60;
const HOUR = 3600;

/** Lets the workbenches come and go under a policy, and says what was paid. */
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
  for (const { at, request, durationSeconds: lasts } of starts) {
    timeline.at(at, async () => cluster.run(request, lasts, await policy.choose(request)));
  }
  for (let at = 0; at < days * DAY_SECONDS; at += MINUTE) timeline.at(at, () => cluster.evaluate());
  await timeline.runUntil(days * DAY_SECONDS);
  cluster.close();
  return cluster.bill;
}

/** What the same costs at least, and for how many hours of workbenches: nobody waits, nothing is left empty. */
export function computeLowerBound(
  { providers }: ProviderSet,
  starts: readonly Arrival[],
  days: number,
): Pick<Bill, 'cost' | 'workbenchHours'> {
  const bound = new LowerBound(providers);
  const changes = starts
    .flatMap(({ at, durationSeconds: lasts, request }) => [
      { at, request, sign: 1 },
      { at: Math.min(at + lasts, days * DAY_SECONDS), request, sign: -1 },
    ])
    .sort((one, other) => one.at - other.at);
  const running = { cpuUnits: 0, memoryMib: 0, gpuCount: 0 };
  const least = { cost: 0, workbenchHours: 0 };
  let count = 0;
  let since = 0;
  for (const { at, request, sign } of changes) {
    const hours = (at - since) / HOUR;
    least.cost += hours * bound.costOf(running);
    least.workbenchHours += hours * count;
    since = at;
    count += sign;
    running.cpuUnits += sign * request.cpuUnits;
    running.memoryMib += sign * request.memoryMib;
    running.gpuCount += sign * request.gpuCount;
  }
  return least;
}
