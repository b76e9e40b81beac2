import * as z from 'zod/mini';
import type { Capacity } from '#core/ports/capacity-catalog.ts';
import type { SettingsFor } from './settings/function-settings.ts';
import { OFFER_NAME } from './settings/template-settings.ts';

/** The sizes and templates that users choose by name: docs/decisions/0050-templates-are-settings.md. */

export interface NamedSize extends Capacity {
  readonly name: string;
}

type SizeDefaults = SettingsFor<'WB_SIZES' | `WB_${'DEFAULT' | 'MAX'}_${'RAM' | 'CPU'}` | 'WB_DEFAULT_GPU'>;
export type OfferSettings = SizeDefaults & SettingsFor<'WB_TEMPLATES'>;

const DEFAULT_FACTORS = { small: 1, medium: 2, large: 4 } as const;

/** Returns the sizes of WB_SIZES, or by default the default size and multiples of it that can be requested. */
export function namedSizesOf(settings: SizeDefaults): readonly NamedSize[] {
  if (settings.WB_SIZES.length > 0) return settings.WB_SIZES.map(parseSize);
  return Object.entries(DEFAULT_FACTORS)
    .map(([name, factor]) => ({
      name,
      cpuUnits: settings.WB_DEFAULT_CPU * factor,
      memoryMib: settings.WB_DEFAULT_RAM * factor,
      gpuCount: settings.WB_DEFAULT_GPU,
    }))
    .filter(({ cpuUnits, memoryMib }) => cpuUnits <= settings.WB_MAX_CPU && memoryMib <= settings.WB_MAX_RAM);
}

/** @param text an item of WB_SIZES */
function parseSize(text: string): NamedSize {
  const [name = '', cpuUnits, memoryMib, gpuCount = '0'] = text.split(':');
  return { name, cpuUnits: Number(cpuUnits), memoryMib: Number(memoryMib), gpuCount: Number(gpuCount) };
}

/** What a request or a template says about the size of a workbench. */
interface SizeChoice {
  readonly size?: string | undefined;
  readonly requested_cpu?: number | undefined;
  readonly requested_memory?: number | undefined;
  readonly requested_gpu?: number | undefined;
}

/**
 * Returns the size of a workbench. An amount takes precedence over the size of the same choice.
 * @param choices the one that takes precedence first
 */
export function resolveSize(choices: readonly SizeChoice[], settings: SizeDefaults): Capacity {
  const sizes = namedSizesOf(settings);
  const find = (amount: 'requested_cpu' | 'requested_memory' | 'requested_gpu', part: keyof Capacity) => {
    for (const choice of choices) {
      const found = choice[amount] ?? sizes.find(({ name }) => name === choice.size)?.[part];
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    cpuUnits: find('requested_cpu', 'cpuUnits') ?? settings.WB_DEFAULT_CPU,
    memoryMib: find('requested_memory', 'memoryMib') ?? settings.WB_DEFAULT_RAM,
    gpuCount: find('requested_gpu', 'gpuCount') ?? settings.WB_DEFAULT_GPU,
  };
}

/** Of a create request. */
export function offerFields(settings: OfferSettings) {
  const nameOf = (names: readonly string[], description: string) => {
    const error = names.length === 0 ? 'absent: the installation has none' : `one of ${names.join(', ')}`;
    return z.optional(
      z.string({ error }).check(
        z.refine((name) => names.includes(name), { error }),
        z.meta({ description, minLength: 1, maxLength: 32, pattern: OFFER_NAME.source }),
      ),
    );
  };
  return {
    template: nameOf(
      settings.WB_TEMPLATES.map(({ name }) => name),
      `The name of a template (\`GET /templates\`). It fills in the fields that the request does not set. The other fields of the request take precedence.`,
    ),
    size: nameOf(
      namedSizesOf(settings).map(({ name }) => name),
      'The name of a size (`GET /templates`), instead of `requested_cpu`, `requested_memory` and `requested_gpu`, which take precedence over it. It takes precedence over the size of a template.',
    ),
  };
}
