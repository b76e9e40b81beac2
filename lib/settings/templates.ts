import * as z from 'zod/mini';
import {
  LIMITS_OF_TEMPLATES,
  OFFER_NAME,
  TEMPLATES_MAX,
  TEMPLATES_MAX_BYTES,
} from '#contract/settings/template-settings.ts';
import { choice, group, integer, list, oneOf, text } from './setting-types.ts';

const { idleStopMinutes, maxRunHours } = LIMITS_OF_TEMPLATES;

const NAME = { expected: '1 to 32 lower-case letters, digits and hyphens', pattern: OFFER_NAME };

function shownText(description: string, max: number) {
  const pattern = new RegExp(`^\\P{Cc}{1,${max}}$`, 'u');
  return text({ description, expected: `1 to ${max} characters without control characters`, pattern });
}

const template = group(
  {
    name: text({ ...NAME, description: 'What requests and `wb create --template` use.' }),
    title: shownText('What users see.', 60),
    description: z.optional(shownText('For whom and for what it is.', 200)),
    size: z.optional(text({ ...NAME, description: 'The name of a size of `functions.WB_SIZES`.' })),
    requested_cpu: z.optional(
      integer({ description: 'Takes precedence over `size`.', unit: 'CPU units', min: 1, max: 1_048_576 }),
    ),
    requested_memory: z.optional(
      integer({ description: 'Takes precedence over `size`.', unit: 'MiB', min: 4, max: 33_554_432 }),
    ),
    requested_gpu: z.optional(
      integer({ description: 'Takes precedence over `size`.', unit: 'GPUs', min: 0, max: 1024 }),
    ),
    allocated_instance_type: z.optional(
      text({
        description: 'Gives each workbench a dedicated instance of this type.',
        expected: 'an instance type such as `m6i.large`',
        pattern: /^[a-z0-9][a-z0-9.-]{0,63}$/,
      }),
    ),
    idle_stop_minutes: z.optional(
      oneOf([integer({ description: 'Minutes.', ...idleStopMinutes }), z.null()], {
        description: 'The limit without use. `null`: none, which WB_IDLE_STOP_NEVER must allow.',
        unit: 'min',
        expected: `a whole number from ${idleStopMinutes.min} to ${idleStopMinutes.max}, or \`null\``,
      }),
    ),
    max_run_hours: z.optional(integer({ description: 'The longest run.', ...maxRunHours })),
    on_interruption: z.optional(
      choice({
        description: 'What follows when AWS takes the instance of the workbench back.',
        of: ['stop', 'restart'],
      }),
    ),
    labels: z.optional(
      z.record(z.string(), z.string()).check(
        z.meta({
          description: 'The labels of the workbench, for example the name of the template.',
          expected: 'an object of labels, as `POST /workbenches` takes them',
        }),
      ),
    ),
  },
  { description: 'The fields are those of `POST /workbenches`.' },
);

export const templatesSetting = list(template, {
  description: `Templates that users choose by name when they create a workbench: values for the fields that they do not set. Together at most ${TEMPLATES_MAX_BYTES} bytes of JSON.`,
  expected: 'templates, each name once',
  min: 0,
  max: TEMPLATES_MAX,
});
