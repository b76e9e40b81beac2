import type { SettingRule, ValuesOf } from './setting.ts';
import { list, text } from './setting-kinds.ts';

/** The settings of the sign-in at an OpenID Connect issuer. docs/gate.md says how to set the issuer up. */

const GATE = ['gate'];

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
/** Plain http for the loopback interface only: tokens and the client's secret are sent there. */
const ISSUER = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)(\/[^\s?#]*)?$/;

export const SIGN_IN_SETTINGS = {
  WB_GATE_ISSUER: text({
    description:
      'The OpenID Connect issuer at which users sign in, exactly as in its discovery document, also with or without a slash at the end. Usually the same as RESTAPI_OIDC_ISSUER. Requires WB_GATE_CLIENT_ID. Without an issuer only the API opens workbenches, with tickets.',
    expected:
      'an https address (http for localhost only) without query or fragment, at most 2,048 characters',
    maxLength: 2048,
    pattern: ISSUER,
    readBy: GATE,
  }),
  WB_GATE_CLIENT_ID: text({
    description: 'The id of the client at the issuer with which the gate signs users in.',
    expected: '1 to 256 visible ASCII characters',
    maxLength: 256,
    pattern: VISIBLE_ASCII,
    readBy: GATE,
  }),
  WB_GATE_CLIENT_SECRET: text({
    description:
      'The secret of that client. Without it the client is a public one. PKCE is used in both cases.',
    expected: '1 to 1,024 visible ASCII characters',
    maxLength: 1024,
    pattern: VISIBLE_ASCII,
    secret: true,
    readBy: GATE,
  }),
  WB_GATE_SCOPES: {
    ...list({
      description:
        'The scopes that the gate requests: `openid`, and those that the issuer needs for RESTAPI_USER_CLAIM and WB_GATE_ADMIN_CLAIM.',
      pattern: VISIBLE_ASCII,
      expectedItem: 'scopes of visible ASCII characters',
      maxItems: 20,
      readBy: GATE,
    }),
    default: 'openid',
  },
  WB_GATE_ADMIN_CLAIM: text({
    description:
      'The claim of the ID token that lists the roles or groups of a user, as an array or separated by spaces. A user who has RESTAPI_ADMIN_SCOPE among them may open every workbench. Without this setting no user who signs in at the issuer may.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: VISIBLE_ASCII,
    readBy: GATE,
  }),
};

export type SignInSettings = ValuesOf<typeof SIGN_IN_SETTINGS>;

export const SIGN_IN_RULES: readonly SettingRule<SignInSettings>[] = [
  {
    names: ['WB_GATE_ISSUER', 'WB_GATE_CLIENT_ID'],
    check: (s) =>
      (s.WB_GATE_ISSUER === undefined) === (s.WB_GATE_CLIENT_ID === undefined)
        ? undefined
        : 'set both of them, or none',
  },
  {
    names: ['WB_GATE_SCOPES'],
    check: (s) => (s.WB_GATE_SCOPES.includes('openid') ? undefined : 'one of the scopes must be `openid`'),
  },
];
