import type { SettingRule, ValuesOf } from './setting.ts';
import { list, text } from './setting-kinds.ts';

/** The settings of the sign-in of the console at an OpenID Connect issuer. docs/console.md says how to set the issuer up. */

const CONSOLE = ['console'];

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
/** Plain http for the loopback interface only: browsers send codes and tokens there. */
const ISSUER = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)(\/[^\s?#]*)?$/;
/** Only what the grammar of a Content-Security-Policy allows in a source, without wildcards. */
const ORIGIN = /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/;

export const CONSOLE_SETTINGS = {
  WB_CONSOLE_CLIENT_ID: text({
    description:
      'The id of the public client at RESTAPI_OIDC_ISSUER with which people sign in at the console. Without it the console asks for a key or a token.',
    expected: '1 to 256 visible ASCII characters',
    maxLength: 256,
    pattern: VISIBLE_ASCII,
    readBy: CONSOLE,
  }),
  WB_CONSOLE_SCOPES: {
    ...list({
      description:
        'The scopes that the console requests: `openid`, and those that the issuer needs for an access token with RESTAPI_OIDC_AUDIENCE and RESTAPI_USER_CLAIM.',
      pattern: VISIBLE_ASCII,
      expectedItem: 'scopes of visible ASCII characters',
      maxItems: 20,
      readBy: CONSOLE,
    }),
    default: 'openid',
  },
  WB_CONSOLE_ISSUER_ORIGINS: list({
    description:
      'Origins of the issuer besides that of RESTAPI_OIDC_ISSUER to which the console sends requests. Required if the `token_endpoint` in the discovery document has another origin, as with Amazon Cognito.',
    pattern: ORIGIN,
    expectedItem: 'origins such as `https://login.example.com`',
    maxItems: 5,
    readBy: CONSOLE,
  }),
};

export type ConsoleSettingValues = ValuesOf<typeof CONSOLE_SETTINGS>;

export const CONSOLE_RULES: readonly SettingRule<
  ConsoleSettingValues & { readonly RESTAPI_OIDC_ISSUER: string | undefined }
>[] = [
  {
    names: ['WB_CONSOLE_CLIENT_ID', 'RESTAPI_OIDC_ISSUER'],
    check: ({ WB_CONSOLE_CLIENT_ID: clientId, RESTAPI_OIDC_ISSUER: issuer }) => {
      if (clientId === undefined) return undefined;
      if (issuer === undefined)
        return 'the console signs people in at the issuer whose tokens the API accepts: set RESTAPI_OIDC_ISSUER';
      return ISSUER.test(issuer)
        ? undefined
        : 'browsers must reach the issuer: RESTAPI_OIDC_ISSUER must be an https address (http for localhost only) without query or fragment';
    },
  },
  {
    names: ['WB_CONSOLE_SCOPES'],
    check: ({ WB_CONSOLE_SCOPES: scopes }) =>
      scopes.includes('openid') ? undefined : 'one of the scopes must be `openid`',
  },
];
