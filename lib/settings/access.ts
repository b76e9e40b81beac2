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
      description: 'The issuer (`iss`) whose tokens are accepted, exactly as they carry it.',
    }),
    audience: text({ ...ascii(2048), description: 'The audience (`aud`) that a token must name.' }),
    jwksUrl: text({
      ...ascii(2048),
      description: 'Where the issuer publishes its keys: the `jwks_uri` of its discovery document.',
    }),
    serviceClients: z._default(
      list(text({ ...ascii(256), description: 'A client id.' }), {
        description: 'Client ids of trusted services, whose tokens need no user claim and act for any user.',
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
      flag({ description: 'A key that trusted backends send as their bearer token. Acts for any user.' }),
      false,
    ),
    jwtKey: z._default(
      flag({ description: 'HS256 tokens. One without the user claim acts for any user.' }),
      false,
    ),
    secretArn: z.optional(
      text({
        description:
          'The secret of Secrets Manager that holds `static_key` and `jwt_key`, as JSON. By default one is made, with a random key; needed when both kinds are used.',
        expected: 'the ARN of a secret',
        pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
      }),
    ),
    oidc: z.optional(oidc),
    userClaim: z.optional(
      text({ ...ascii(128), description: 'The claim of a token that holds its user_id; `sub` by default.' }),
    ),
    adminScope: z.optional(
      text({
        ...ascii(128),
        description: 'The scope that lets a token act for any user; `workbench:admin` by default.',
      }),
    ),
  },
  { description: 'Who may call the API.' },
);

export const authSetting = oneOf([z.literal('none', { error: () => 'expected `none` or an object' }), keys], {
  description:
    'How callers of the API are known. The word `none` leaves it open to everybody who reaches it; nothing else does.',
  expected: '`none` or an object with `staticKey`, `jwtKey` or `oidc`',
});

export type AuthSetting = z.infer<typeof authSetting>;
export type AuthKeys = Exclude<AuthSetting, 'none'>;
