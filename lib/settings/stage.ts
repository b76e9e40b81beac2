import * as z from 'zod/mini';
import { type AuthSetting, authSetting } from './access.ts';
import { auditExportSetting, checkAuditExport } from './audit-export.ts';
import {
  architecturesOf,
  capacityProvidersSetting,
  dedicatedSetting,
  type InstanceTypeSetting,
  instanceSizeOf,
  instanceTypeNameOf,
  providerPriceOf,
} from './capacity.ts';
import { checkConsole, consoleSetting } from './console.ts';
import { eventBusSetting } from './event-bus.ts';
import { checkFunctionSettings, functionsSetting } from './function-settings.ts';
import { gatewaySetting } from './gateway.ts';
import { checkGateway } from './gateway-rules.ts';
import { EGRESS_RULES_MAX, networkSetting } from './network.ts';
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
import { templatesSetting } from './templates.ts';

/** The settings in stages/<stage>.json: everything that differs between deployments. */
const STAGE_SHAPE = {
  production: productionSetting,
  baseUrl: baseUrlSetting,
  auth: authSetting,
  image: imageSetting,
  capacityProviders: capacityProvidersSetting,
  dedicated: z.prefault(dedicatedSetting, {}),
  network: z.prefault(networkSetting, {}),
  gateway: z._default(gatewaySetting, 'none'),
  auditExport: z._default(auditExportSetting, 'none'),
  eventBus: z._default(eventBusSetting, 'none'),
  console: z._default(consoleSetting, 'none'),
  storage: z.prefault(storageSetting, {}),
  api: z.prefault(apiSetting, {}),
  alarms: z.prefault(alarmsSetting, {}),
  logs: z.prefault(logsSetting, {}),
  ecs: z.prefault(ecsSetting, {}),
  templates: z._default(templatesSetting, []),
  functions: z.prefault(functionsSetting, {}),
  installation: z.optional(installationSetting),
  account: z.optional(accountSetting),
  region: z.optional(regionSetting),
};

const stageSchema = z.strictObject({
  $schema: z.optional(z.string().check(z.meta({ description: 'Path of the JSON schema, for editors.' }))),
  ...STAGE_SHAPE,
});

type ParsedStage = z.infer<typeof stageSchema>;

/** The settings of a stage, with every default filled in. */
export type StageSettings = Omit<ParsedStage, '$schema' | 'installation'> & {
  /** 1-20 lower-case letters, digits and hyphens. */
  readonly stage: string;
  readonly installation: string;
};

/** The name of a stage is part of file and stack names. */
export const STAGE_NAME = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * Parses and checks the settings of a stage.
 * @param content The parsed JSON of the stage file.
 * @param file The name of the file in error messages.
 * @throws StageSettingsError Lists every error with its path.
 */
export function parseStage(stage: string, content: unknown, file = `stages/${stage}.json`): StageSettings {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new StageSettingsError(file, [{ path: '', problem: 'expected an object' }]);
  }
  const problems: StageProblem[] = [];
  const values = new Map<string, unknown>();
  for (const name of Object.keys(content)) {
    if (name !== '$schema' && !Object.hasOwn(STAGE_SHAPE, name)) {
      problems.push({ path: name, problem: 'is an unknown setting' });
    }
  }
  for (const [name, schema] of Object.entries(STAGE_SHAPE)) {
    const parsed = z.safeParse(schema, (content as Record<string, unknown>)[name]);
    if (parsed.success) values.set(name, parsed.data);
    else problems.push(...toStageProblems(parsed.error.issues, [name]));
  }
  const settings = {
    installation: `workbench-${stage}`,
    ...Object.fromEntries([...values].filter(([, value]) => value !== undefined)),
    stage,
  } as unknown as StageSettings;
  for (const { needs, check } of STAGE_RULES) {
    if (needs.every((name) => values.has(name))) problems.push(...check(settings));
  }
  if (problems.length > 0) throw new StageSettingsError(file, problems);
  return settings;
}

/** Returns the JSON schema of stage files, for editors and the docs. */
export function stageJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(stageSchema, { io: 'input' });
}

/** A constraint between settings. It is checked only if each setting in `needs` is valid. */
interface StageRule<N extends keyof StageSettings> {
  readonly needs: readonly N[];
  check(settings: Pick<StageSettings, N>): readonly StageProblem[];
}

const rule = <N extends keyof StageSettings>(stageRule: StageRule<N>) =>
  stageRule as unknown as StageRule<keyof StageSettings>;

export const STAGE_RULES: readonly StageRule<keyof StageSettings>[] = [
  rule({
    needs: ['network'],
    check: ({ network: { own, existing, egressPorts, egressCidrs } }) => {
      if (own !== undefined && existing !== undefined) {
        return [{ path: 'network', problem: 'has both `own` and `existing`: remove one of them' }];
      }
      if (existing !== undefined && existing.zones.length !== existing.privateSubnets.length) {
        return [{ path: 'network.existing.privateSubnets', problem: 'must have as many entries as `zones`' }];
      }
      // One more rule is for the file systems.
      const rules = egressPorts.length * egressCidrs.length + 1;
      if (rules > EGRESS_RULES_MAX) {
        const problem = `needs ${rules} rules in a security group with \`egressPorts\`; EC2 allows ${EGRESS_RULES_MAX}`;
        return [{ path: 'network.egressCidrs', problem }];
      }
      return [];
    },
  }),
  rule({
    needs: ['image', 'production'],
    check: ({ image: { tag, digest }, production }) => {
      if ((tag === undefined) === (digest === undefined)) {
        return [{ path: 'image', problem: 'requires exactly one of `tag` and `digest`' }];
      }
      return production && tag === 'latest'
        ? [{ path: 'image.tag', problem: '`latest` can change: production requires a pinned image' }]
        : [];
    },
  }),
  rule({ needs: ['auth'], check: ({ auth }) => checkAuth(auth) }),
  rule({
    needs: ['alarms', 'production'],
    check: ({ alarms: { email }, production }) =>
      production && email === undefined
        ? [{ path: 'alarms.email', problem: 'is required in production, to receive alarms' }]
        : [],
  }),
  rule({
    needs: ['capacityProviders'],
    check: ({ capacityProviders }) => [
      ...findDuplicates(
        capacityProviders.map(({ name }) => name),
        (index) => `capacityProviders[${index}].name`,
      ),
      ...capacityProviders.flatMap((provider, index) => {
        const path = `capacityProviders[${index}]`;
        const { instanceTypes } = provider;
        const unknown = findUnknownTypes(instanceTypes, `${path}.instanceTypes`);
        const duplicates = findDuplicates(
          instanceTypes.map(instanceTypeNameOf),
          (type) => `${path}.instanceTypes[${type}]`,
        );
        if (unknown.length > 0) return [...unknown, ...duplicates];
        const gpus = new Set(instanceTypes.map((type) => instanceSizeOf(type)?.gpus));
        return [
          ...duplicates,
          ...(gpus.size > 1
            ? [{ path: `${path}.instanceTypes`, problem: 'must all have the same number of GPUs' }]
            : []),
          ...(providerPriceOf(provider) === undefined
            ? [
                {
                  path: `${path}.pricePerHour`,
                  problem: provider.spot
                    ? 'is required for spot instances'
                    : 'is required, because the price of a type is unknown',
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
      ...findDuplicates(
        instanceTypes.map(instanceTypeNameOf),
        (index) => `dedicated.instanceTypes[${index}]`,
      ),
    ],
  }),
  rule({
    needs: ['image', 'capacityProviders', 'dedicated'],
    check: ({ image, capacityProviders, dedicated }) => {
      const lists = [
        ...capacityProviders.map(({ instanceTypes }, index) => ({
          path: `capacityProviders[${index}].instanceTypes`,
          types: instanceTypes,
        })),
        { path: 'dedicated.instanceTypes', types: dedicated.instanceTypes },
      ];
      return lists
        .filter(({ types }) =>
          [...architecturesOf(types)].some((architecture) => architecture !== image.architecture),
        )
        .map(({ path }) => ({
          path,
          problem: `all types must have the architecture of the image, ${image.architecture}`,
        }));
    },
  }),
  rule({
    needs: ['gateway', 'baseUrl', 'auth', 'network', 'production', 'functions'],
    check: (settings) => checkGateway(settings),
  }),
  rule({ needs: ['console', 'auth'], check: ({ console, auth }) => checkConsole(console, auth) }),
  rule({
    needs: ['auditExport', 'functions'],
    check: ({ auditExport, functions }) => checkAuditExport(auditExport, functions),
  }),
  rule({
    needs: ['baseUrl', 'auth', 'api', 'templates', 'functions'],
    check: (settings) => checkFunctionSettings(settings),
  }),
];

function checkAuth(auth: AuthSetting): readonly StageProblem[] {
  if (auth === 'none') return [];
  const { staticKey, jwtKey, secretArn, secretKeyArn, oidc } = auth;
  if (!staticKey && !jwtKey && oidc === undefined) {
    return [
      {
        path: 'auth',
        problem:
          'configures no credentials: use `staticKey`, `jwtKey`, `oidc`, or `none` instead of the object',
      },
    ];
  }
  if (staticKey && jwtKey && secretArn === undefined) {
    return [{ path: 'auth.secretArn', problem: 'is required if both kinds of keys are used' }];
  }
  if (!staticKey && !jwtKey && secretArn !== undefined) {
    return [{ path: 'auth.secretArn', problem: 'requires `staticKey` or `jwtKey`' }];
  }
  if (secretKeyArn !== undefined && secretArn === undefined) {
    return [{ path: 'auth.secretKeyArn', problem: 'requires `secretArn`' }];
  }
  return [];
}

function findUnknownTypes(types: readonly InstanceTypeSetting[], path: string): readonly StageProblem[] {
  return types.flatMap((type, index) =>
    instanceSizeOf(type) === undefined
      ? [
          {
            path: `${path}[${index}]`,
            problem: `${instanceTypeNameOf(type)} is not in lib/instance-types.ts: add its size here`,
          },
        ]
      : [],
  );
}

function findDuplicates(
  names: readonly string[],
  pathAt: (index: number) => string,
): readonly StageProblem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ path: pathAt(index), problem: `${name} is a duplicate` }] : [],
  );
}
