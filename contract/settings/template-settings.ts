import * as z from 'zod/mini';
import { IDLE_STOP_MINUTES, MAX_RUN_HOURS } from '#core/workbench/idle-schema.ts';
import { areLabels } from '#core/workbench/labels.ts';
import { json, list } from './setting-kinds.ts';

/** The sizes and templates that users choose by name when they create a workbench. */

/** Of a size or a template. */
export const OFFER_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
export const SIZES_MAX = 10;
export const TEMPLATES_MAX = 20;
/** Of all templates together, as JSON. The environment of a Lambda function holds 4 KB, which other settings share. */
export const TEMPLATES_MAX_BYTES = 2048;

/** The limits of a workbench that a template can set, as of a request. */
export const LIMITS_OF_TEMPLATES = {
  idleStopMinutes: IDLE_STOP_MINUTES,
  maxRunHours: MAX_RUN_HOURS,
} as const;

/** Text without control characters. */
const shownText = (max: number) =>
  z.string().check(
    z.minLength(1),
    z.maxLength(max),
    z.refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed()),
  );

const wholeNumber = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));

/** The fields are those of `POST /workbenches`, besides name, title and description. */
export const templateSchema = () =>
  z.strictObject({
    name: z.string().check(z.regex(OFFER_NAME), z.describe('What requests and `wb create --template` use.')),
    title: shownText(60).check(z.describe('What users see.')),
    description: z.optional(shownText(200).check(z.describe('For whom and for what it is.'))),
    size: z.optional(z.string().check(z.regex(OFFER_NAME), z.describe('The name of one of the sizes.'))),
    requested_cpu: z.optional(
      wholeNumber(1, 1_048_576).check(z.describe('CPU units. Takes precedence over `size`.')),
    ),
    requested_memory: z.optional(
      wholeNumber(4, 33_554_432).check(z.describe('MiB. Takes precedence over `size`.')),
    ),
    requested_gpu: z.optional(
      wholeNumber(0, 1024).check(z.describe('Number of GPUs. Takes precedence over `size`.')),
    ),
    allocated_instance_type: z.optional(
      z
        .string()
        .check(
          z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
          z.describe('Gives each workbench a dedicated instance of this type.'),
        ),
    ),
    idle_stop_minutes: z.optional(
      z
        .nullable(wholeNumber(IDLE_STOP_MINUTES.min, IDLE_STOP_MINUTES.max))
        .check(z.describe('`null`: never. Requires WB_IDLE_STOP_NEVER.')),
    ),
    max_run_hours: z.optional(wholeNumber(MAX_RUN_HOURS.min, MAX_RUN_HOURS.max)),
    on_interruption: z.optional(z.enum(['stop', 'restart'])),
    labels: z.optional(z.record(z.string(), z.string()).check(z.refine(areLabels))),
  });
export type WorkbenchTemplate = z.infer<ReturnType<typeof templateSchema>>;

export const templatesSchema = () =>
  z.array(templateSchema()).check(
    z.maxLength(TEMPLATES_MAX),
    z.refine((templates) => new Set(templates.map(({ name }) => name)).size === templates.length),
    z.refine(
      (templates) => new TextEncoder().encode(JSON.stringify(templates)).length <= TEMPLATES_MAX_BYTES,
    ),
  );

export const TEMPLATES_EXPECTED = `at most ${TEMPLATES_MAX} templates with ${TEMPLATES_MAX_BYTES} bytes together, each name once: objects with \`name\` and \`title\`, and with \`description\`, \`size\`, \`requested_cpu\`, \`requested_memory\`, \`requested_gpu\`, \`allocated_instance_type\`, \`idle_stop_minutes\`, \`max_run_hours\`, \`on_interruption\` and \`labels\` as needed`;

export const TEMPLATE_SETTINGS = {
  WB_SIZES: list({
    description:
      'The sizes that users choose by name, from small to large, each as `name:cpu units:memory MiB` or with `:gpus`. By default `small` (WB_DEFAULT_CPU, WB_DEFAULT_RAM and WB_DEFAULT_GPU), `medium` and `large` (two and four times the processors and memory), as far as WB_MAX_CPU and WB_MAX_RAM allow.',
    pattern: /^[a-z0-9][a-z0-9-]{0,31}:[1-9]\d{0,6}:[1-9]\d{0,7}(:\d{1,4})?$/,
    expectedItem: 'sizes written `name:cpu units:memory MiB[:gpus]`',
    maxItems: SIZES_MAX,
    readBy: ['api'],
  }),
  WB_TEMPLATES: json({
    description:
      'The templates that users choose by name: values for the fields of a request that do not set them. In a stage file they are in `templates`. A change affects new workbenches only.',
    expected: `a JSON list of ${TEMPLATES_EXPECTED}`,
    schema: templatesSchema,
    default: '[]',
    readBy: ['api'],
  }),
};
