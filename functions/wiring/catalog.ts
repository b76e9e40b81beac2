import { ClusterCatalog, createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { CatalogSettingName } from '#contract/deployed-functions.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { CapacityCatalog, SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { freeCapacityStore, type Table } from './table.ts';

type Settings = DeployedSettingsFor<CatalogSettingName>;

/** The configured sizes with their prices, without free capacity. */
export function sizeCatalog(settings: Settings): SizeCatalog {
  const { WB_INSTANCE_PRICES: prices, WB_HOST_DISK_PRICE: diskPrice } = settings;
  return createSettingsCatalog({
    providers: settings.WB_CAPACITY_PROVIDERS,
    instanceTypes: settings.WB_INSTANCE_TYPES.map((type) => ({
      ...type,
      price: prices?.[type.name],
      diskPrice,
    })),
    pricesAsOf: settings.WB_PRICES_AS_OF,
  });
}

/** The configured sizes, with the free capacity that the shared instances have reported. */
export function clusterCatalog(settings: Settings, table: Table): CapacityCatalog {
  const { telemetry } = table;
  return new ClusterCatalog({
    sizes: sizeCatalog(settings),
    freeCapacity: freeCapacityStore(table),
    clock: systemClock,
    telemetry,
  });
}
