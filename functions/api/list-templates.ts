import { namedSizesOf, type OfferSettings, resolveSize } from '#contract/offers.ts';
import type { SizeItem, TemplateItem } from '#contract/template-bodies.ts';
import { type PricedOffer, priceOffers } from '#core/cost/price-offers.ts';
import { toUsd } from '#core/cost/rates.ts';
import type { Capacity, SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { pricesOf } from './present-cost.ts';

/** GET /templates */
export function buildListTemplates(
  ports: ApiPorts & { readonly catalog: SizeCatalog },
  settings: ApiSettings & OfferSettings,
): ApiHandler {
  const sizes = namedSizesOf(settings).map((size) => ({ offer: { name: size.name }, spec: size }));
  const templates = settings.WB_TEMPLATES.map(({ size, ...offer }) => {
    const { allocated_instance_type: dedicatedInstanceType } = offer;
    const amounts = resolveSize([{ ...offer, size }], settings);
    return { offer, spec: { ...amounts, ...(dedicatedInstanceType && { dedicatedInstanceType }) } };
  });
  return toUserApiHandler(ports, settings, {}, async () => {
    const [pricedTemplates, pricedSizes] = await Promise.all([
      priceOffers(templates, ports.catalog),
      priceOffers(sizes, ports.catalog),
    ]);
    const items: readonly TemplateItem[] = pricedTemplates.map(present);
    const sizeItems: readonly SizeItem[] = pricedSizes.map(present);
    return { status: 200, body: { success: true, items, sizes: sizeItems, ...pricesOf(ports.catalog) } };
  });
}

function present<T extends object>({ offer, spec, rates }: PricedOffer<T>) {
  return { ...offer, ...presentAmounts(spec), ...(rates && { per_hour_running: toUsd(rates.running) }) };
}

function presentAmounts({ cpuUnits, memoryMib, gpuCount }: Capacity) {
  return { requested_cpu: cpuUnits, requested_memory: memoryMib, requested_gpu: gpuCount };
}
