import * as z from 'zod/mini';
import { authSetting } from './access.ts';
import { capacityProvidersSetting, dedicatedSetting } from './capacity.ts';
import { toStageProblems, type StageProblem, StageSettingsError } from './stage-error.ts';
import { functionsSetting } from './function-settings.ts';
import { networkSetting } from './network.ts';
import {
  accountSetting,
  alarmsSetting,
  apiSetting,
  baseUrlSetting,
  ecsSetting,
  imageSetting,
  installationSetting,
  logsSetting,
  productionSetting,
  regionSetting,
  storageSetting,
} from './services.ts';
import { STAGE_RULES } from './rules.ts';

/** What settings/<stage>.json may hold: everything about one deployment that is not the same for all. */
const STAGE_SHAPE = {
  production: productionSetting,
  baseUrl: baseUrlSetting,
  auth: authSetting,
  image: imageSetting,
  capacityProviders: capacityProvidersSetting,
  dedicated: z.prefault(dedicatedSetting, {}),
  network: z.prefault(networkSetting, {}),
  storage: z.prefault(storageSetting, {}),
  api: z.prefault(apiSetting, {}),
  alarms: z.prefault(alarmsSetting, {}),
  logs: z.prefault(logsSetting, {}),
  ecs: z.prefault(ecsSetting, {}),
  functions: z.prefault(functionsSetting, {}),
  installation: z.optional(installationSetting),
  account: z.optional(accountSetting),
  region: z.optional(regionSetting),
};

const stageSchema = z.strictObject({
  $schema: z.optional(z.string().check(z.meta({ description: 'For editors: where the schema is.' }))),
  ...STAGE_SHAPE,
});

type ParsedStage = z.infer<typeof stageSchema>;

/** The settings of a stage, with every default filled in. */
export type StageSettings = Omit<ParsedStage, '$schema' | 'installation'> & {
  /** 1-20 lower-case letters, digits and hyphens. */
  readonly stage: string;
  readonly installation: string;
};

/** Names a file, and the stacks. */
export const STAGE_NAME = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * Checks what a stage's file says.
 * @param written the JSON in it
 * @param file how messages call it
 * @throws StageSettingsError listing every fault, each with its path
 */
export function parseStage(stage: string, written: unknown, file = `settings/${stage}.json`): StageSettings {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new StageSettingsError(file, [{ path: '', problem: 'expected an object' }]);
  }
  const faults: StageProblem[] = [];
  const read = new Map<string, unknown>();
  for (const name of Object.keys(written)) {
    if (name !== '$schema' && !Object.hasOwn(STAGE_SHAPE, name)) {
      faults.push({ path: name, problem: 'there is no such setting' });
    }
  }
  for (const [name, schema] of Object.entries(STAGE_SHAPE)) {
    const parsed = z.safeParse(schema, (written as Record<string, unknown>)[name]);
    if (parsed.success) read.set(name, parsed.data);
    else faults.push(...toStageProblems(parsed.error.issues, [name]));
  }
  const settings = {
    installation: `workbench-${stage}`,
    ...Object.fromEntries([...read].filter(([, value]) => value !== undefined)),
    stage,
  } as unknown as StageSettings;
  for (const { needs, faults: found } of STAGE_RULES) {
    if (needs.every((name) => read.has(name))) faults.push(...found(settings));
  }
  if (faults.length > 0) throw new StageSettingsError(file, faults);
  return settings;
}

/** The JSON schema of a stage's file: for editors, and for the docs. */
export function stageJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(stageSchema, { io: 'input' });
}
