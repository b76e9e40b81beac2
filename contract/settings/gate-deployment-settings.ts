import { DEPLOYMENT_SETTINGS } from './deployment-settings.ts';
import { SETTINGS } from './function-settings.ts';
import { GATE_SETTINGS } from './gate-settings.ts';
import type { SettingRule, ValuesOf } from './setting.ts';
import { text, url } from './setting-kinds.ts';
import { SIGN_IN_RULES, SIGN_IN_SETTINGS } from './sign-in-settings.ts';

const SECRET = {
  expected: 'the ARN of a secret',
  maxLength: 700,
  pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
  readBy: ['gate'],
};

/** The port of the gate in its container. */
export const GATE_PORT = 8080;

/** The settings that the CDK app sets for the gate besides those of contract/settings/gate-settings.ts. */
export const GATE_DEPLOYMENT_SETTINGS = {
  WB_GATE_API_URL: url({
    description: 'The address of the API, with its prefix. The gate starts and stops workbenches through it.',
    plain: false,
    required: true,
    readBy: ['gate'],
  }),
  WB_GATE_KEYS_SECRET_ARN: text({
    description:
      'The secret in Secrets Manager with the keys that seal sessions: `current`, and `previous` during and after a rotation.',
    required: true,
    ...SECRET,
  }),
  WB_GATE_CLIENT_SECRET_ARN: text({
    description: 'The secret in Secrets Manager with `client_secret`, which is WB_GATE_CLIENT_SECRET.',
    ...SECRET,
  }),
};

const {
  BASE_URL,
  RESTAPI_AUTH,
  RESTAPI_ADMIN_SCOPE,
  RESTAPI_CORS_ORIGIN,
  RESTAPI_USER_CLAIM,
  WB_AUDIT_DAYS,
  WB_GROUPS_CLAIM,
  WB_GROUPS_MAX_AGE_MINUTES,
  WB_ORGANISATION_SHARES,
  WB_TABLE_NAME,
} = SETTINGS;

/** Every setting of the gate on AWS. */
export const DEPLOYED_GATE_SETTINGS = {
  BASE_URL,
  RESTAPI_AUTH,
  RESTAPI_ADMIN_SCOPE,
  RESTAPI_CORS_ORIGIN,
  RESTAPI_USER_CLAIM,
  WB_AUDIT_DAYS,
  WB_GROUPS_CLAIM,
  WB_GROUPS_MAX_AGE_MINUTES,
  WB_ORGANISATION_SHARES,
  WB_TABLE_NAME,
  WB_AUTH_SECRET_ARN: DEPLOYMENT_SETTINGS.WB_AUTH_SECRET_ARN,
  WB_RUN_KEYS_SECRET_ARN: DEPLOYMENT_SETTINGS.WB_RUN_KEYS_SECRET_ARN,
  ...GATE_SETTINGS,
  ...SIGN_IN_SETTINGS,
  ...GATE_DEPLOYMENT_SETTINGS,
};

export type DeployedGateSettings = ValuesOf<typeof DEPLOYED_GATE_SETTINGS>;

export const DEPLOYED_GATE_RULES: readonly SettingRule<DeployedGateSettings>[] = [
  ...SIGN_IN_RULES,
  {
    names: ['RESTAPI_AUTH', 'WB_AUTH_SECRET_ARN'],
    check: ({ RESTAPI_AUTH: auth, WB_AUTH_SECRET_ARN: secret }) =>
      auth !== 'none' && secret === undefined
        ? 'set the secret, unless the API accepts every caller'
        : undefined,
  },
];
