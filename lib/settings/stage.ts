import * as z from 'zod/mini';
import { type AuthSetting, authSetting } from './access.ts';
import {
  architecturesOf,
  capacityProvidersSetting,
  dedicatedSetting,
  type InstanceTypeSetting,
  instanceSizeOf,
  instanceTypeNameOf,
  providerPriceOf,
} from './capacity.ts';
import { checkFunctionSettings, functionsSetting } from './function-settings.ts';
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
import { type StageProblem, StageSettingsError, toStageProblems } from './stage-error.ts';

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
  for (const { needs, check: found } of STAGE_RULES) {
    if (needs.every((name) => read.has(name))) faults.push(...found(settings));
  }
  if (faults.length > 0) throw new StageSettingsError(file, faults);
  return settings;
}

/** The JSON schema of a stage's file: for editors, and for the docs. */
export function stageJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(stageSchema, { io: 'input' });
}

/** What must hold between settings. Looked at only when each of `needs` is itself in order. */
interface StageRule<N extends keyof StageSettings> {
  readonly needs: readonly N[];
  check(settings: Pick<StageSettings, N>): readonly StageProblem[];
}

const rule = <N extends keyof StageSettings>(checked: StageRule<N>) =>
  checked as unknown as StageRule<keyof StageSettings>;

export const STAGE_RULES: readonly StageRule<keyof StageSettings>[] = [
  rule({
    needs: ['network'],
    check: ({ network: { own, existing } }) => {
      if (own !== undefined && existing !== undefined) {
        return [{ path: 'network', problem: 'has both `own` and `existing`; leave one of them out' }];
      }
      if (own !== undefined && own.natGateways > own.zones) {
        return [{ path: 'network.own.natGateways', problem: 'there are not that many zones' }];
      }
      if (existing !== undefined && existing.zones.length !== existing.privateSubnets.length) {
        return [{ path: 'network.existing.privateSubnets', problem: 'must be as many as `zones`' }];
      }
      return [];
    },
  }),
  rule({
    needs: ['image', 'production'],
    check: ({ image: { tag, digest }, production }) => {
      if ((tag === undefined) === (digest === undefined)) {
        return [{ path: 'image', problem: 'needs either `tag` or `digest`' }];
      }
      return production && tag === 'latest'
        ? [{ path: 'image.tag', problem: '`latest` moves; production takes a pinned image' }]
        : [];
    },
  }),
  rule({ needs: ['auth'], check: ({ auth }) => checkAuth(auth) }),
  rule({
    needs: ['alarms', 'production'],
    check: ({ alarms: { email }, production }) =>
      production && email === undefined
        ? [{ path: 'alarms.email', problem: 'is required in production: somebody must be told' }]
        : [],
  }),
  rule({
    needs: ['capacityProviders'],
    check: ({ capacityProviders }) => [
      ...findDuplicates(
        capacityProviders.map(({ name }) => name),
        (at) => `capacityProviders[${at}].name`,
      ),
      ...capacityProviders.flatMap((provider, at) => {
        const path = `capacityProviders[${at}]`;
        const { instanceTypes } = provider;
        const unknown = findUnknownTypes(instanceTypes, `${path}.instanceTypes`);
        const twice = findDuplicates(
          instanceTypes.map(instanceTypeNameOf),
          (type) => `${path}.instanceTypes[${type}]`,
        );
        if (unknown.length > 0) return [...unknown, ...twice];
        const gpus = new Set(instanceTypes.map((type) => instanceSizeOf(type)?.gpus));
        return [
          ...twice,
          ...(gpus.size > 1
            ? [{ path: `${path}.instanceTypes`, problem: 'must all have as many GPUs' }]
            : []),
          ...(providerPriceOf(provider) === undefined
            ? [
                {
                  path: `${path}.pricePerHour`,
                  problem: provider.spot
                    ? 'is required for spot machines'
                    : 'is required: not all of its types have one',
                },
              ]
            : []),
        ];
      }),
    ],
  }),
  rule({
    needs: ['dedicated'],
    check: ({ dedicated: { instanceTypes } }) => [
      ...findUnknownTypes(instanceTypes, 'dedicated.instanceTypes'),
      ...findDuplicates(instanceTypes.map(instanceTypeNameOf), (at) => `dedicated.instanceTypes[${at}]`),
    ],
  }),
  rule({
    needs: ['image', 'capacityProviders', 'dedicated'],
    check: ({ image, capacityProviders, dedicated }) => {
      const lists = [
        ...capacityProviders.map(({ instanceTypes }, at) => ({
          path: `capacityProviders[${at}].instanceTypes`,
          types: instanceTypes,
        })),
        { path: 'dedicated.instanceTypes', types: dedicated.instanceTypes },
      ];
      return lists
        .filter(({ types }) => [...architecturesOf(types)].some((of) => of !== image.architecture))
        .map(({ path }) => ({ path, problem: `the image is built for ${image.architecture}` }));
    },
  }),
  rule({
    needs: ['baseUrl', 'auth', 'api', 'functions'],
    check: (settings) => checkFunctionSettings(settings),
  }),
];

function checkAuth(auth: AuthSetting): readonly StageProblem[] {
  if (auth === 'none') return [];
  const { staticKey, jwtKey, secretArn, oidc } = auth;
  if (!staticKey && !jwtKey && oidc === undefined) {
    return [{ path: 'auth', problem: 'names no key; use `staticKey`, `jwtKey`, `oidc`, or the word `none`' }];
  }
  if (staticKey && jwtKey && secretArn === undefined) {
    return [{ path: 'auth.secretArn', problem: 'is required when both kinds of keys are used' }];
  }
  if (!staticKey && !jwtKey && secretArn !== undefined) {
    return [{ path: 'auth.secretArn', problem: 'there is no key for it to hold' }];
  }
  return [];
}

function findUnknownTypes(types: readonly InstanceTypeSetting[], path: string): readonly StageProblem[] {
  return types.flatMap((type, at) =>
    instanceSizeOf(type) === undefined
      ? [
          {
            path: `${path}[${at}]`,
            problem: `${instanceTypeNameOf(type)} is not in lib/instance-types.ts; give its size`,
          },
        ]
      : [],
  );
}

function findDuplicates(names: readonly string[], pathAt: (at: number) => string): readonly StageProblem[] {
  return names.flatMap((name, at) =>
    names.indexOf(name) < at ? [{ path: pathAt(at), problem: `${name} is there twice` }] : [],
  );
}
