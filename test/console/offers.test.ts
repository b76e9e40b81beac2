import { describe, expect, it, test } from 'vitest';
import { type OfferChoice, priceOf, sizeChoiceOf, toOfferFields } from '#console/src/offers.ts';

const SIZE = { requested_cpu: 1024, requested_memory: 2048, requested_gpu: 0 };
const TEMPLATE = { name: 'training', title: 'Training', ...SIZE };
const PRICES = { currency: 'USD', basis: 'list prices' } as const;
const OFFERS = {
  templates: [TEMPLATE],
  sizes: [
    { name: 'small', ...SIZE },
    { name: 'large', ...SIZE },
  ],
  ...PRICES,
};
const WITHOUT_TEMPLATES = { ...OFFERS, templates: [] };
const OWN = { cpu: 512, memory: 300, gpu: 1 };
const AMOUNTS = { requested_cpu: 512, requested_memory: 300, requested_gpu: 1 };

describe('the fields of a create request', () => {
  it.each<[string, OfferChoice, typeof OFFERS | undefined, object]>([
    ['are none before the choices are known', {}, undefined, {}],
    ['are those of the first template by default', {}, OFFERS, { template: 'training' }],
    ['are the first size without a template', { template: null }, OFFERS, { size: 'small' }],
    ['are the first size where there is no template', {}, WITHOUT_TEMPLATES, { size: 'small' }],
    [
      'are a template with another size',
      { template: 'training', size: { kind: 'named', name: 'large' } },
      OFFERS,
      { template: 'training', size: 'large' },
    ],
    [
      'are a template with exact amounts',
      { size: { kind: 'own' } },
      OFFERS,
      { template: 'training', ...AMOUNTS },
    ],
    ['are exact amounts where nothing else can be chosen', {}, { ...WITHOUT_TEMPLATES, sizes: [] }, AMOUNTS],
    ['leave out a template that no longer exists', { template: 'gone' }, OFFERS, { size: 'small' }],
  ])('%s', (_, choice, offers, fields) => {
    expect(toOfferFields(choice, OWN, offers)).toEqual(fields);
  });
});

test('the size of the template is chosen with the template', () => {
  expect(sizeChoiceOf({ template: 'training' }, OFFERS)).toEqual({ kind: 'template' });
});

test('a price of nothing is not shown', () => {
  expect(
    [0, 0.5, undefined].map((price) =>
      priceOf({ ...TEMPLATE, ...(price === undefined ? {} : { per_hour_running: price }) }),
    ),
  ).toEqual([undefined, 0.5, undefined]);
});
