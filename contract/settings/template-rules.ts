import type { Capacity } from '#core/ports/capacity-catalog.ts';
import { namedSizesOf, resolveSize } from '../offers.ts';
import type { Settings } from './function-settings.ts';
import type { SettingRule } from './setting.ts';

const LIMITS = [
  ...(['WB_MIN_RAM', 'WB_DEFAULT_RAM', 'WB_MAX_RAM'] as const),
  ...(['WB_MIN_CPU', 'WB_DEFAULT_CPU', 'WB_MAX_CPU'] as const),
  ...(['WB_MIN_GPU', 'WB_DEFAULT_GPU', 'WB_MAX_GPU'] as const),
];

/** A size or template that no request may have would fail for each user who chooses it. */
export const TEMPLATE_RULES: readonly SettingRule<Settings>[] = [
  {
    names: ['WB_SIZES', ...LIMITS],
    check: (s) => {
      // The default sizes follow from the limits.
      if (s.WB_SIZES.length === 0) return undefined;
      const sizes = namedSizesOf(s);
      if (new Set(sizes.map(({ name }) => name)).size < sizes.length) return 'each name must be there once';
      const refused = sizes.find((size) => !isAllowed(size, s));
      return refused === undefined ? undefined : `the size \`${refused.name}\` exceeds what can be requested`;
    },
  },
  {
    names: ['WB_TEMPLATES', 'WB_SIZES', 'WB_IDLE_STOP_NEVER', ...LIMITS],
    check: (s) => {
      const sizes = namedSizesOf(s).map(({ name }) => name);
      for (const template of s.WB_TEMPLATES) {
        const { name, size, idle_stop_minutes: idleStopMinutes } = template;
        if (size !== undefined && !sizes.includes(size))
          return `the template \`${name}\` has a size that is none of \`${sizes.join('`, `')}\``;
        if (!isAllowed(resolveSize([template], s), s))
          return `the template \`${name}\` exceeds what can be requested`;
        if (idleStopMinutes === null && s.WB_IDLE_STOP_NEVER !== 'true')
          return `the template \`${name}\` is never stopped for idleness: set WB_IDLE_STOP_NEVER, too`;
      }
      return undefined;
    },
  },
];

function isAllowed({ cpuUnits, memoryMib, gpuCount }: Capacity, s: Settings): boolean {
  return (
    cpuUnits >= s.WB_MIN_CPU &&
    cpuUnits <= s.WB_MAX_CPU &&
    memoryMib >= s.WB_MIN_RAM &&
    memoryMib <= s.WB_MAX_RAM &&
    gpuCount >= s.WB_MIN_GPU &&
    gpuCount <= s.WB_MAX_GPU
  );
}
