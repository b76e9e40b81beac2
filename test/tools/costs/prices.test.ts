import { expect, it } from 'vitest';
import { costOf, PRICES, type Price, type PriceName } from '#tools/costs/prices.ts';

it('divides by the quantity of the price', () => {
  expect(costOf('apiRequests', 2_500_000)).toBeCloseTo(2.5, 10);
  expect(costOf('natGateway', 730)).toBeCloseTo(32.85, 10);
});

it.each(Object.keys(PRICES) as PriceName[])('%s has a date and is not negative', (name) => {
  const { usd, asOf, each = 1 }: Price = PRICES[name];
  expect(usd).toBeGreaterThanOrEqual(0);
  expect(each).toBeGreaterThan(0);
  expect(asOf).toMatch(/^(\d{4}-(0[1-9]|1[0-2])|by \d{4})$/);
});
