import * as z from 'zod/mini';
import { estimateSchema } from './cost-bodies.ts';
import { itemSchema } from './response-bodies.ts';
import { OFFER_NAME } from './settings/template-settings.ts';

/** The response about what users choose by name. */

const { requested_cpu, requested_memory, requested_gpu } = itemSchema.shape;
const size = { requested_cpu, requested_memory, requested_gpu };
const price = { per_hour_running: estimateSchema.shape.per_hour_running };
const name = () => z.string().check(z.regex(OFFER_NAME));

export const templateItemSchema = z.object({
  name: name(),
  title: z.string().check(z.describe('What users see.')),
  description: z.optional(z.string()),
  ...size,
  allocated_instance_type: z.optional(z.string()),
  idle_stop_minutes: z.optional(
    z
      .nullable(z.int().check(z.minimum(1)))
      .check(
        z.describe('`null`: never. Absent: the default of the installation applies, as for the others.'),
      ),
  ),
  max_run_hours: z.optional(z.int().check(z.minimum(1))),
  on_interruption: z.optional(z.enum(['stop', 'restart'])),
  labels: z.optional(z.record(z.string(), z.string())),
  ...price,
});
export type TemplateItem = z.infer<typeof templateItemSchema>;

export const sizeItemSchema = z.object({ name: name(), ...size, ...price });
export type SizeItem = z.infer<typeof sizeItemSchema>;

export const templatesResponseSchema = z.object({
  success: z.literal(true),
  items: z.array(templateItemSchema).check(z.describe('The templates, in the order of the settings.')),
  sizes: z.array(sizeItemSchema).check(z.describe('The sizes, from small to large.')),
  currency: estimateSchema.shape.currency,
  basis: estimateSchema.shape.basis,
});
