import type { NamedSize, Template, TemplateList } from '#clients/typescript/src/workbench.ts';
import type { CreateBody } from './api.ts';

/** What the form of a new workbench has chosen of the templates and sizes of the installation. */

/** The size of a new workbench: as the template says, a size by its name, or exact amounts. */
export type SizeChoice =
  | { readonly kind: 'template' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'own' };

export interface OfferChoice {
  /** Its name; null: none. Undefined: the first. */
  readonly template?: string | null | undefined;
  /** Undefined: that of the template, or without one the first. */
  readonly size?: SizeChoice | undefined;
}

export function templateOf(
  { template }: OfferChoice,
  offers: TemplateList | undefined,
): Template | undefined {
  if (template === undefined) return offers?.templates[0];
  return offers?.templates.find(({ name }) => name === template);
}

/** Undefined: the choices are not known yet, and the default of the installation applies. */
export function sizeChoiceOf(choice: OfferChoice, offers: TemplateList | undefined): SizeChoice | undefined {
  if (choice.size !== undefined || offers === undefined) return choice.size;
  if (templateOf(choice, offers) !== undefined) return { kind: 'template' };
  const [first] = offers.sizes;
  return first === undefined ? { kind: 'own' } : { kind: 'named', name: first.name };
}

/** Returns the fields of a create request. @param own the amounts that apply if they are chosen */
export function toOfferFields(
  choice: OfferChoice,
  own: Size,
  offers: TemplateList | undefined,
): Pick<CreateBody, 'template' | 'size' | 'requested_cpu' | 'requested_memory' | 'requested_gpu'> {
  const template = templateOf(choice, offers);
  const size = sizeChoiceOf(choice, offers);
  return {
    ...(template === undefined ? {} : { template: template.name }),
    ...(size?.kind === 'named' ? { size: size.name } : {}),
    ...(size?.kind === 'own'
      ? { requested_cpu: own.cpu, requested_memory: own.memory, requested_gpu: own.gpu }
      : {}),
  };
}

/** Undefined: it costs nothing, or the price is unknown. */
export function priceOf({ per_hour_running: price }: NamedSize | Template): number | undefined {
  return price === 0 ? undefined : price;
}

/** CPU units (1 vCPU = 1024), MiB, and number of GPUs. */
export interface Size {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}
