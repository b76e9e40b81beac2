import { ClusterCatalog, createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { CatalogSettingName } from '#contract/deployed-functions.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { CapacityCatalog, SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { freeCapacityStore, type Table } from './table.ts';

type Settings = DeployedSettingsFor<CatalogSettingName>;

/** The configured sizes, without free capacity. */
export function sizeCatalog(settings: Settings): SizeCatalog {
  return createSettingsCatalog({
    providers: settings.WB_CAPACITY_PROVIDERS,
    instanceTypes: settings.WB_INSTANCE_TYPES,
  });
}

/** The configured sizes with all prices. */
export function pricedCatalog(settings: Settings & DeployedSettingsFor<'WB_INSTANCE_PRICES'>): SizeCatalog {
  const { WB_INSTANCE_TYPES: types, WB_INSTANCE_PRICES: prices } = settings;
  return createSettingsCatalog({
    providers: settings.WB_CAPACITY_PROVIDERS,
    instanceTypes: types.map((type) => ({ ...type, price: prices?.[type.name] })),
  });
}

/** The configured sizes, with the free capacity that the shared instances have reported. */
export function clusterCatalog(
  settings: Settings,
  table: Table,
  sizes: SizeCatalog = sizeCatalog(settings),
): CapacityCatalog {
  const { telemetry } = table;
  return new ClusterCatalog({
    sizes,
    freeCapacity: freeCapacityStore(table),
    clock: systemClock,
    telemetry,
  });
}
