import { describe, expect, it } from 'vitest';
import { listStages } from '#lib/settings/read-stage.ts';
import { someStage } from '#test/lib/some-stage.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { costsPage } from '#tools/costs/page.ts';
import { totalUsd } from '#tools/costs/prices.ts';
import { stageCosts } from '#tools/costs/stage-costs.ts';
import { wayOutCosts } from '#tools/costs/way-out.ts';

describe.each(listStages())('the costs of %s', (stage) => {
  it('cover every resource, and are on the page', async () => {
    const costs = await stageCosts(stage, DEFAULTS);
    const chosen = costs.waysOut.filter(({ isChosen }) => isChosen);
    const wayOut = costs.idle.filter(({ label }) => /NAT/.test(label));
    expect(chosen.map(({ idleUsd }) => idleUsd)).toEqual([expect.closeTo(totalUsd(wayOut))]);
    expect(costs.running.map(({ name }) => name)).toEqual(
      costs.settings.capacityProviders.map(({ name }) => name),
    );
    const page = costsPage([costs], DEFAULTS);
    for (const bill of [costs.idle, costs.metrics, costs.stopped, costs.polls]) {
      expect(totalUsd(bill)).toBeGreaterThan(0);
      for (const { label, quantity } of bill) if (quantity > 0) expect(page).toContain(`| ${label} |`);
    }
  });
});

it('compares the ways to the internet for the zones of a stage', async () => {
  const costs = await wayOutCosts(someStage({ network: { own: { zones: 3 } } }));
  const nano = 0.0042 * 730 + 0.005 * 730 + 8 * 0.08;
  const gateway = (0.045 + 0.005) * 730;
  expect(costs.map(({ egress, egressZones, idleUsd }) => [egress, egressZones, idleUsd])).toEqual([
    ['natGateways', 'each', expect.closeTo(3 * gateway)],
    ['natGateways', 'one', expect.closeTo(gateway)],
    ['natInstance', 'each', expect.closeTo(3 * nano)],
    ['natInstance', 'one', expect.closeTo(nano)],
    ['none', undefined, 0],
  ]);
  expect(costs.filter(({ isChosen }) => isChosen)).toMatchObject([
    { egress: 'natGateways', egressZones: 'one' },
  ]);
});

it('compares nothing for a VPC that exists already', async () => {
  const existing = {
    vpcId: 'vpc-0123456789abcdef0',
    zones: ['us-west-1a'],
    privateSubnets: ['subnet-0123456789abcdef0'],
  };
  expect(await wayOutCosts(someStage({ network: { existing } }))).toEqual([]);
});
