import type { CapacityProvider, DedicatedInstanceType, SizeCatalog } from '#core/ports/capacity-catalog.ts';

/** What the settings say that can be had. */
export function settingsCatalog(offered: {
  readonly providers: readonly CapacityProvider[];
  readonly instanceTypes: readonly DedicatedInstanceType[];
}): SizeCatalog {
  return {
    providers: async () => offered.providers,
    instanceTypes: async () => offered.instanceTypes,
  };
}
