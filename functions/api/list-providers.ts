import type { ProviderItem } from '#contract/machine-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { listProviders, type ProviderOffer } from '#core/machines/list-providers.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { presentCapacity } from './list-machines.ts';

/** GET /providers */
export function build(
  ports: ApiPorts & { readonly catalog: CapacityCatalog },
  settings: ApiSettings & SettingsFor<'WB_DEFAULT_CPU' | 'WB_DEFAULT_RAM' | 'WB_DEFAULT_GPU'>,
): ApiHandler {
  const defaultSize = {
    cpuUnits: settings.WB_DEFAULT_CPU,
    memoryMib: settings.WB_DEFAULT_RAM,
    gpuCount: settings.WB_DEFAULT_GPU,
  };
  return toAdminApiHandler(ports, settings, async () => {
    const offers = await listProviders(ports.catalog, defaultSize);
    return { status: 200, body: { success: true, items: offers.map(presentOffer) } };
  });
}

function presentOffer({ name, kind, capacity, price, defaultWorkbench, free }: ProviderOffer): ProviderItem {
  return {
    name,
    kind,
    capacity: presentCapacity(capacity),
    ...(price === undefined ? {} : { price_usd_per_hour: price }),
    ...(defaultWorkbench === undefined
      ? {}
      : {
          default_workbench: {
            share: defaultWorkbench.share,
            price_usd_per_hour: defaultWorkbench.price,
          },
        }),
    ...(free === undefined
      ? {}
      : {
          free: {
            ...presentCapacity(free),
            instances: free.instances,
            default_workbenches: free.defaultWorkbenches,
          },
        }),
  };
}
