import * as z from 'zod/mini';
import { flag, group, list, oneOf, text } from './setting-types.ts';

const ascii = (max: number) => ({
  expected: `1 to ${max} visible ASCII characters`,
  pattern: new RegExp(`^[\\x21-\\x7e]{1,${max}}$`),
});

const oidc = group(
  {
    issuer: text({
      ...ascii(2048),
      description: 'The issuer (`iss`) whose tokens are accepted, exactly as in the tokens.',
    }),
    audience: text({ ...ascii(2048), description: 'The audience (`aud`) that a token must contain.' }),
    jwksUrl: text({
      ...ascii(2048),
      description: 'The address of the keys of the issuer: the `jwks_uri` of its discovery document.',
    }),
    serviceClients: z._default(
      list(text({ ...ascii(256), description: 'A client id.' }), {
        description:
          'Client ids of trusted services. Their tokens need no user claim and can act for any user.',
        expected: 'client ids',
        min: 0,
        max: 50,
      }),
      [],
    ),
  },
  { description: 'Tokens of an OIDC issuer, such as Keycloak.' },
);

const keys = group(
  {
    staticKey: z._default(
      flag({
        description:
          'Accepts a static key that trusted backends send as their bearer token. It can act for any user.',
      }),
      false,
    ),
    jwtKey: z._default(
      flag({ description: 'Accepts HS256 tokens. A token without the user claim can act for any user.' }),
      false,
    ),
    secretArn: z.optional(
      text({
        description:
          'The Secrets Manager secret that contains `static_key` and `jwt_key` as JSON. By default a secret with a random key is created. Required if both kinds of keys are used.',
        expected: 'the ARN of a secret',
        pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
      }),
    ),
    secretKeyArn: z.optional(
      text({
        description:
          'The KMS key that encrypts the secret in `secretArn`. Required if it is a key of your own; the authorizer may then decrypt with it.',
        expected: 'the ARN of a KMS key',
        pattern: /^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:key\/[\w-]{1,128}$/,
      }),
    ),
    oidc: z.optional(oidc),
    userClaim: z.optional(
      text({
        ...ascii(128),
        description: 'The claim of a token that contains the user_id. `sub` by default.',
      }),
    ),
    groupsClaim: z.optional(
      text({
        ...ascii(128),
        description: 'The claim of a token with the groups of a user. Without it users have no groups.',
      }),
    ),
    adminScope: z.optional(
      text({
        ...ascii(128),
        description: 'The scope with which a token can act for any user. `workbench:admin` by default.',
      }),
    ),
  },
  { description: 'Which credentials the API accepts.' },
);

export const authSetting = oneOf([z.literal('none', { error: () => 'expected `none` or an object' }), keys], {
  description:
    'How callers of the API are authenticated. Only the value `none` disables authentication: then every client that can connect is accepted.',
  expected: '`none` or an object with `staticKey`, `jwtKey` or `oidc`',
});

export type AuthSetting = z.infer<typeof authSetting>;
export type AuthKeySettings = Exclude<AuthSetting, 'none'>;
