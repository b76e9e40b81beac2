import { DEPLOYMENT_SETTINGS } from './deployment-settings.ts';
import { SETTINGS } from './function-settings.ts';
import { GATE_SETTINGS } from './gate-settings.ts';
import type { SettingRule, ValuesOf } from './setting.ts';
import { text, url } from './setting-kinds.ts';

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
  WB_GATE_ISSUER: url({
    description:
      'The OpenID Connect issuer at which people sign in, exactly as in its discovery document. Without it only tickets of the API open a workbench.',
    plain: false,
    readBy: ['gate'],
  }),
  WB_GATE_CLIENT_ID: text({
    description: 'The client of the gate at that issuer.',
    maxLength: 256,
    readBy: ['gate'],
  }),
  WB_GATE_CLIENT_SECRET_ARN: text({
    description: 'The secret in Secrets Manager with `client_secret`, the secret of WB_GATE_CLIENT_ID.',
    ...SECRET,
  }),
};

const {
  BASE_URL,
  RESTAPI_AUTH,
  RESTAPI_ADMIN_SCOPE,
  RESTAPI_CORS_ORIGIN,
  RESTAPI_USER_CLAIM,
  WB_TABLE_NAME,
} = SETTINGS;

/** Every setting of the gate on AWS. */
export const DEPLOYED_GATE_SETTINGS = {
  BASE_URL,
  RESTAPI_AUTH,
  RESTAPI_ADMIN_SCOPE,
  RESTAPI_CORS_ORIGIN,
  RESTAPI_USER_CLAIM,
  WB_TABLE_NAME,
  WB_AUTH_SECRET_ARN: DEPLOYMENT_SETTINGS.WB_AUTH_SECRET_ARN,
  ...GATE_SETTINGS,
  ...GATE_DEPLOYMENT_SETTINGS,
};

export type DeployedGateSettings = ValuesOf<typeof DEPLOYED_GATE_SETTINGS>;

export const DEPLOYED_GATE_RULES: readonly SettingRule<DeployedGateSettings>[] = [
  {
    names: ['WB_GATE_ISSUER', 'WB_GATE_CLIENT_ID', 'WB_GATE_CLIENT_SECRET_ARN'],
    check: ({ WB_GATE_ISSUER: issuer, WB_GATE_CLIENT_ID: client, WB_GATE_CLIENT_SECRET_ARN: secret }) =>
      new Set([issuer, client, secret].map((value) => value === undefined)).size > 1
        ? 'set all of them, or none'
        : undefined,
  },
  {
    names: ['RESTAPI_AUTH', 'WB_AUTH_SECRET_ARN'],
    check: ({ RESTAPI_AUTH: auth, WB_AUTH_SECRET_ARN: secret }) =>
      auth !== 'none' && secret === undefined
        ? 'set the secret, unless the API accepts every caller'
        : undefined,
  },
];
