import * as z from 'zod/mini';
import { isLocalPath, LOCAL_PATH, RETURN_PATH_MAX } from '#core/gate/gate-host.ts';
import { KEEPALIVE_REASON_MAX } from '#core/ports/activity-store.ts';
import { EXTENSION_MINUTES_MAX, IDLE_STOP_MINUTES, MAX_RUN_HOURS } from '#core/workbench/idle-schema.ts';
import {
  areLabels,
  LABEL_KEY,
  LABEL_VALUE_MAX,
  LABELS_MAX,
  LABELS_MAX_BYTES,
} from '#core/workbench/labels.ts';
import type { Changes, CreateRequest } from '#core/workbench/request-fields.ts';
import { type OfferSettings, offerFields, resolveSize } from './offers.ts';
import {
  CONTROL_CHARACTER,
  isUserId,
  LABEL_VALUE_PATTERN,
  NAME_MAX,
  NO_CONTROL_PATTERN,
  PARAMETERS,
  USER_ID_MAX_BYTES,
} from './parameters.ts';
import { scheduleBodySchema, toSchedule } from './schedule-bodies.ts';
import type { SettingsFor } from './settings/function-settings.ts';

/** The bodies of requests. The error messages of a schema say what is expected of the field. */

export type SizeSettings = SettingsFor<
  `WB_${'MIN' | 'DEFAULT' | 'MAX'}_${'RAM' | 'CPU' | 'GPU'}` | 'WB_IDLE_STOP_NEVER'
>;

/** The same, and what users choose by name. */
export type CreateSettings = SizeSettings & OfferSettings;

/** The schemas are created once for their settings: creating one takes longer than parsing many bodies. */
function oncePerSettings<S extends object, T>(create: (settings: S) => T): (settings: S) => T {
  const created = new WeakMap<S, T>();
  return (settings) => {
    const schema = created.get(settings) ?? create(settings);
    created.set(settings, schema);
    return schema;
  };
}

export const createBodySchema = oncePerSettings((settings: CreateSettings) =>
  z.strictObject({
    ...changeableFields(settings),
    ...offerFields(settings),
    allocated_instance_type: z.optional(
      z
        .string({ error: INSTANCE_TYPE })
        .check(
          z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, { error: INSTANCE_TYPE }),
          z.describe(
            'Gives the workbench a dedicated instance of this type. The instance is started, stopped and terminated together with the workbench.',
          ),
        ),
    ),
  }),
);

export const updateBodySchema = oncePerSettings((settings: SizeSettings) =>
  z.strictObject(changeableFields(settings)),
);

const PATH = `a path of 1 to ${RETURN_PATH_MAX} visible ASCII characters that begins with one slash`;

export function openBodySchema() {
  return z.strictObject({
    path: z.optional(
      z.string({ error: PATH }).check(
        z.refine(isLocalPath, { error: PATH }),
        z.meta({
          description: 'The page of the workbench that opens: path and query. The default is `/`.',
          minLength: 1,
          maxLength: RETURN_PATH_MAX,
          pattern: LOCAL_PATH.source,
        }),
      ),
    ),
  });
}

const OWNER = `a user: 1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF`;

export function ownerBodySchema() {
  const { minLength, maxLength, pattern } = PARAMETERS.user_id.schema;
  return z.strictObject({
    owner: z
      .string({ error: OWNER })
      .check(
        z.refine(isUserId, { error: OWNER }),
        z.meta({ description: 'The user_id of the next owner.', minLength, maxLength, pattern }),
      ),
    offer: z.optional(
      z
        .boolean({ error: 'true or false' })
        .check(
          z.describe(
            'Whether the next owner must accept. The requests of users are always offers. An administrator or a trusted backend moves the workbench at once unless this is `true`.',
          ),
        ),
    ),
  });
}

export type CreateBody = z.infer<ReturnType<typeof createBodySchema>>;
export type UpdateBody = z.infer<ReturnType<typeof updateBodySchema>>;

const INSTANCE_TYPE = 'an instance type such as m6i.large';
const ON_INTERRUPTION = 'stop or restart';
const SCHEDULE_MEANING =
  'When the workbench starts and stops by itself. `null` removes the schedule; an update replaces all of it.';
const STOP_AT = 'a time, ISO 8601 with a time zone, or null';
const NAME = `text of 1 to ${NAME_MAX} characters without control characters, at least one of them visible`;
/** Neither space, nor a character that formats its neighbours or is drawn as nothing: zero-width ones, fillers, U+2800. */
const VISIBLE_CHARACTER = /[^\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;
const LABELS = `at most ${LABELS_MAX} labels with ${LABELS_MAX_BYTES} bytes together; keys of 1 to 32 letters, digits, dots, slashes, - and _, values of at most ${LABEL_VALUE_MAX} characters without commas and control characters`;

function labelsSchema() {
  return z.record(z.string({ error: LABELS }), z.string({ error: LABELS }), { error: LABELS }).check(
    z.refine(areLabels, { error: LABELS }),
    z.meta({
      description: `Keys and values of your choice, to find workbenches by \`label\`. At most ${LABELS_MAX_BYTES} bytes of UTF-8 together. An update replaces all of them.`,
      maxProperties: LABELS_MAX,
      propertyNames: { pattern: LABEL_KEY.source },
      additionalProperties: { type: 'string', pattern: LABEL_VALUE_PATTERN },
    }),
  );
}

function changeableFields(settings: SizeSettings) {
  const name = z.string({ error: NAME }).check(
    z.refine(isName, { error: NAME }),
    z.meta({
      description:
        'The name, with at least one visible character. The workbench gets it as the environment variable WORKBENCH_NAME.',
      minLength: 1,
      maxLength: NAME_MAX,
      pattern: NO_CONTROL_PATTERN,
    }),
  );
  return {
    workbench_name: z.optional(name),
    labels: z.optional(labelsSchema()),
    requested_memory: z.optional(amountSchema('Memory in MiB.', settings.WB_MIN_RAM, settings.WB_MAX_RAM)),
    requested_cpu: z.optional(
      amountSchema('CPU units: 1 vCPU = 1024.', settings.WB_MIN_CPU, settings.WB_MAX_CPU),
    ),
    requested_gpu: z.optional(amountSchema('Number of GPUs.', settings.WB_MIN_GPU, settings.WB_MAX_GPU)),
    on_interruption: z.optional(
      z
        .enum(['stop', 'restart'], { error: ON_INTERRUPTION })
        .check(
          z.describe(
            'What follows when AWS takes the instance of the workbench back: `stop`, or `restart` on another instance. The default is `stop`. Can be changed at any time.',
          ),
        ),
    ),
    ...limitFields(settings.WB_IDLE_STOP_NEVER === 'true'),
    schedule: z.optional(z.nullable(scheduleBodySchema()).check(z.describe(SCHEDULE_MEANING))),
  };
}

/** When the workbench is stopped without a request. @param mayNeverStop whether `null` is a limit */
function limitFields(mayNeverStop: boolean) {
  const { min, max } = IDLE_STOP_MINUTES;
  const minutes = `a whole number from ${min} to ${max}${mayNeverStop ? ', or null' : ''}`;
  const hours = `a whole number from ${MAX_RUN_HOURS.min} to ${MAX_RUN_HOURS.max}, or null`;
  const idleStopMinutes = z
    .int({ error: minutes })
    .check(
      z.minimum(min, { error: minutes }),
      z.maximum(max, { error: minutes }),
      z.describe(
        'The workbench is stopped when it was not used for so many minutes. The default is that of the installation. Where the administrator allows it, `null` stops it never. Applies at once.',
      ),
    );
  return {
    idle_stop_minutes: z.optional(mayNeverStop ? z.nullable(idleStopMinutes) : idleStopMinutes),
    max_run_hours: z.optional(
      z
        .nullable(
          z
            .int({ error: hours })
            .check(
              z.minimum(MAX_RUN_HOURS.min, { error: hours }),
              z.maximum(MAX_RUN_HOURS.max, { error: hours }),
            ),
        )
        .check(
          z.describe(
            'The workbench is stopped when a run has lasted so many hours, used or not. The limit of the installation also applies; with `null`, the default, only this one does.',
          ),
        ),
    ),
    stop_at: z.optional(
      z
        .nullable(z.iso.datetime({ offset: true, error: STOP_AT }))
        .check(
          z.describe(
            'When the workbench is to be stopped, once. A time in the past stops it at once if it is running. `null` takes the plan back.',
          ),
        ),
    ),
  };
}

function amountSchema(description: string, min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z
    .int({ error })
    .check(z.minimum(min, { error }), z.maximum(max, { error }), z.describe(description));
}

function isName(text: string): boolean {
  const { length } = [...text];
  return (
    length >= 1 &&
    length <= NAME_MAX &&
    text.isWellFormed() &&
    !CONTROL_CHARACTER.test(text) &&
    VISIBLE_CHARACTER.test(text)
  );
}

/** The workbench to create. What the body leaves out comes from its template, then from the defaults. */
export function toCreateRequest(sent: CreateBody, settings: CreateSettings): CreateRequest {
  const template = settings.WB_TEMPLATES.find(({ name }) => name === sent.template);
  const body = { ...template, ...sent };
  return {
    ...resolveSize(template === undefined ? [sent] : [sent, template], settings),
    ...(body.workbench_name === undefined ? {} : { name: body.workbench_name }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
    ...(body.on_interruption === undefined ? {} : { onInterruption: body.on_interruption }),
    ...(body.allocated_instance_type === undefined
      ? {}
      : { dedicatedInstanceType: body.allocated_instance_type }),
    ...toLimits(body),
    ...(typeof body.stop_at === 'string' ? { stopAt: Date.parse(body.stop_at) } : {}),
    ...(body.schedule ? { schedule: toSchedule(body.schedule) } : {}),
  };
}

export function toChanges(body: UpdateBody): Changes {
  return {
    ...(body.workbench_name === undefined ? {} : { name: body.workbench_name }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
    ...(body.requested_cpu === undefined ? {} : { cpuUnits: body.requested_cpu }),
    ...(body.requested_memory === undefined ? {} : { memoryMib: body.requested_memory }),
    ...(body.requested_gpu === undefined ? {} : { gpuCount: body.requested_gpu }),
    ...(body.on_interruption === undefined ? {} : { onInterruption: body.on_interruption }),
    ...toLimits(body),
    ...(body.stop_at === undefined
      ? {}
      : { stopAt: body.stop_at === null ? null : Date.parse(body.stop_at) }),
    ...(body.schedule === undefined
      ? {}
      : { schedule: body.schedule === null ? null : toSchedule(body.schedule) }),
  };
}

/** In a record, 0 means no limit. */
function toLimits({
  idle_stop_minutes: minutes,
  max_run_hours: hours,
}: CreateBody | UpdateBody): Pick<Changes, 'idleStopMinutes' | 'maxRunHours'> {
  return {
    ...(minutes === undefined ? {} : { idleStopMinutes: minutes ?? 0 }),
    ...(hours === undefined ? {} : { maxRunHours: hours ?? 0 }),
  };
}

/** The body of an extension. */
export function extendBodySchema() {
  const error = `a whole number from 1 to ${EXTENSION_MINUTES_MAX}`;
  return z.strictObject({
    minutes: z
      .int({ error })
      .check(
        z.minimum(1, { error }),
        z.maximum(EXTENSION_MINUTES_MAX, { error }),
        z.describe('How long the workbench is not stopped for idleness, from now.'),
      ),
  });
}

const KINDS = 'a list of `ide` and `busy`, each at most once';

/** The body of a report of activity. JupyterHub has `last_activity`, too. */
export function activityBodySchema() {
  const time = () => z.iso.datetime({ offset: true, error: 'a time, ISO 8601 with a time zone' });
  return z.strictObject({
    last_activity: z.optional(time().check(z.describe('When the workbench was used last.'))),
    kinds: z.optional(
      z.array(z.enum(['ide', 'busy'], { error: KINDS }), { error: KINDS }).check(
        z.minLength(1, { error: KINDS }),
        z.maxLength(2, { error: KINDS }),
        z.refine((kinds) => new Set(kinds).size === kinds.length, { error: KINDS }),
        z.meta({
          description:
            'How it was used at `last_activity`. `ide`, the default: its IDE worked for its user, for example a kernel was busy. `busy`: its processors or GPUs were busy, which only holds an idle stop off.',
          uniqueItems: true,
        }),
      ),
    ),
    keepalive_until: z.optional(
      time().check(
        z.describe('It is not stopped for idleness before this time, which is at most 12 hours from now.'),
      ),
    ),
    reason: z.optional(
      z.string({ error: KEEPALIVE_REASON }).check(
        z.refine((text) => isKeepaliveReason(text), { error: KEEPALIVE_REASON }),
        z.meta({
          description:
            'Why it is to be kept until `keepalive_until`, for the people who see the workbench. Only with `keepalive_until`.',
          minLength: 1,
          maxLength: KEEPALIVE_REASON_MAX,
          pattern: NO_CONTROL_PATTERN,
        }),
      ),
    ),
  });
}

const KEEPALIVE_REASON = `1 to ${KEEPALIVE_REASON_MAX} characters without control characters`;

function isKeepaliveReason(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL_CHARACTER.test(text)) return false;
  return [...text].length <= KEEPALIVE_REASON_MAX;
}

/** The body of a drain. */
export const drainBodySchema = () =>
  z.strictObject({
    by: z.optional(
      z.iso
        .datetime({ offset: true, error: 'a time, ISO 8601 with a time zone' })
        .check(
          z.describe(
            'When the workbenches on the machine are stopped. A time in the past stops them at once. Without it each workbench runs until its next stop.',
          ),
        ),
    ),
  });
