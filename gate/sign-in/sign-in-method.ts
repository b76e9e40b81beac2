import type { Settings } from '#contract/settings/function-settings.ts';
import type { SignInSettings } from '#contract/settings/sign-in-settings.ts';
import type { UserClaimSettings } from './user-claims.ts';

/** How users sign in. */
export type SignInMethod =
  /** With the secret of WB_LOCAL_TOKEN. */
  | { readonly kind: 'secret'; readonly secret: string }
  | {
      readonly kind: 'issuer';
      readonly issuer: string;
      readonly clientId: string;
      readonly clientSecret?: string | undefined;
      readonly scopes: readonly string[];
      readonly claims: UserClaimSettings;
    };

/** Returns how users sign in at the issuer of the settings; undefined without one. */
export function issuerMethodOf(
  settings: Pick<Settings, 'RESTAPI_USER_CLAIM' | 'RESTAPI_ADMIN_SCOPE' | 'WB_GROUPS_CLAIM'> &
    Omit<SignInSettings, 'WB_GATE_CLIENT_SECRET'>,
  clientSecret: string | undefined,
): SignInMethod | undefined {
  const { WB_GATE_ISSUER: issuer, WB_GATE_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  return {
    kind: 'issuer',
    issuer,
    clientId,
    clientSecret,
    scopes: settings.WB_GATE_SCOPES,
    claims: {
      userClaim: settings.RESTAPI_USER_CLAIM,
      adminClaim: settings.WB_GATE_ADMIN_CLAIM,
      groupsClaim: settings.WB_GROUPS_CLAIM,
      adminScope: settings.RESTAPI_ADMIN_SCOPE,
    },
  };
}
