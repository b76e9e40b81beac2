import * as z from 'zod/mini';
import { namedSizesOf, type OfferSettings } from './offers.ts';
import { OFFER_NAME } from './settings/template-settings.ts';

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
