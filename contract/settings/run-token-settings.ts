import { text, url } from './setting-kinds.ts';

/** The settings of the tokens with which workbenches report activity. The CDK app sets them. */
export const RUN_TOKEN_SETTINGS = {
  WB_API_URL: url({
    description: 'The address of the API with its prefix, where the programs of workbenches report activity.',
    plain: true,
    readBy: ['drive'],
  }),
  WB_RUN_KEYS_SECRET_ARN: text({
    description:
      'The secret in Secrets Manager with the keys that sign the tokens of runs, and the tokens with which the controller asks the gate: `current`, and `previous` after a rotation.',
    expected: 'the ARN of a secret',
    maxLength: 700,
    pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
    readBy: ['authorizer', 'drive', 'gate'],
  }),
};
