import { describe, expect, it } from 'vitest';
import { listStages } from '#lib/settings/read-stage.ts';
import { DEFAULTS } from '#tools/costs/assumptions.ts';
import { costsPage } from '#tools/costs/page.ts';
import { totalUsd } from '#tools/costs/prices.ts';
import { stageCosts } from '#tools/costs/stage-costs.ts';

describe.each(listStages())('the costs of %s', (stage) => {
  it('cover every resource, and are on the page', async () => {
    const costs = await stageCosts(stage, DEFAULTS);
    const nat = costs.idle.find(({ label }) => label === 'NAT gateways');
    expect(nat?.quantity).toBe(730 * (costs.settings.network.own?.natGateways ?? 1));
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
