/** A realm for tests, as the admin REST API of Keycloak takes it: docs/gate.md describes the settings of its client. */

export const REALM = 'workbench';
export const CLIENT_ID = 'workbench-gate';

/** A user of the realm. The password is the name. */
export const USERS = ['ann', 'eve', 'root'] as const;
/** Has the role of administrators. */
export const ADMINISTRATOR = 'root';
/** The role is the scope of administrators of the API (RESTAPI_ADMIN_SCOPE). */
export const ADMIN_ROLE = 'workbench:admin';
/** The claim of the ID token that lists the roles of the user. */
export const ROLES_CLAIM = 'roles';
/** A group of the realm, and its member. */
export const GROUP = 'data science';
export const GROUP_MEMBER = 'eve';
/** The claim of the ID token that lists the names of the groups of the user. */
export const GROUPS_CLAIM = 'groups';
/** The claim of ID tokens, access tokens and logout tokens' users that is the user_id. */
export const USER_CLAIM = 'preferred_username';

/** The public client of the console, whose access tokens are for the API. */
export const CONSOLE_CLIENT_ID = 'workbench-console';
export const API_AUDIENCE = 'workbench-controller';
/** Shorter than the time by which the console renews a token ahead: it renews it for every request. Seconds. */
const CONSOLE_TOKEN_LIFETIME_S = 20;

export interface RealmOptions {
  /** The origin of the gate's sign-in host as browsers see it. */
  readonly signInOrigin: string;
  /** The sign-in host as Keycloak reaches it. */
  readonly backChannelOrigin: string;
  /** Absent for a public client. */
  readonly clientSecret?: string;
  /** The origin of the console. Absent: the realm has no client for it. */
  readonly consoleOrigin?: string;
}

/** The clients require PKCE. */
export function realm({ signInOrigin, backChannelOrigin, clientSecret, consoleOrigin }: RealmOptions) {
  return {
    realm: REALM,
    enabled: true,
    sslRequired: 'none',
    roles: { realm: [{ name: ADMIN_ROLE }] },
    groups: [{ name: GROUP }],
    users: USERS.map((name) => ({
      username: name,
      enabled: true,
      email: `${name}@example.org`,
      emailVerified: true,
      firstName: name,
      lastName: 'Example',
      credentials: [{ type: 'password', value: name }],
      ...(name === ADMINISTRATOR ? { realmRoles: [ADMIN_ROLE] } : {}),
      ...(name === GROUP_MEMBER ? { groups: [`/${GROUP}`] } : {}),
    })),
    clients: [
      {
        clientId: CLIENT_ID,
        enabled: true,
        protocol: 'openid-connect',
        standardFlowEnabled: true,
        directAccessGrantsEnabled: false,
        publicClient: clientSecret === undefined,
        ...(clientSecret === undefined ? {} : { secret: clientSecret }),
        redirectUris: [`${signInOrigin}/.wb/callback`],
        attributes: {
          'pkce.code.challenge.method': 'S256',
          'post.logout.redirect.uris': `${signInOrigin}/.wb/signed-out`,
          'backchannel.logout.url': `${backChannelOrigin}/.wb/backchannel-logout`,
          // With `true` Keycloak reports only one session when it ends all sessions of a user. See docs/gate.md.
          'backchannel.logout.session.required': 'false',
        },
        protocolMappers: [
          {
            name: ROLES_CLAIM,
            protocol: 'openid-connect',
            protocolMapper: 'oidc-usermodel-realm-role-mapper',
            config: {
              'claim.name': ROLES_CLAIM,
              'jsonType.label': 'String',
              multivalued: 'true',
              'id.token.claim': 'true',
              'access.token.claim': 'true',
            },
          },
          {
            name: GROUPS_CLAIM,
            protocol: 'openid-connect',
            protocolMapper: 'oidc-group-membership-mapper',
            config: {
              'claim.name': GROUPS_CLAIM,
              'full.path': 'false',
              'id.token.claim': 'true',
              'access.token.claim': 'true',
            },
          },
        ],
      },
      ...(consoleOrigin === undefined ? [] : [consoleClient(consoleOrigin)]),
    ],
  };
}

/** Also of `wb login`. docs/console.md and clients/cli/README.md describe its settings. */
function consoleClient(origin: string) {
  return {
    clientId: CONSOLE_CLIENT_ID,
    enabled: true,
    protocol: 'openid-connect',
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    publicClient: true,
    // Keycloak accepts the address of this computer with every port (RFC 8252, section 7.3).
    redirectUris: [`${origin}/`, 'http://127.0.0.1/callback'],
    // Pages of these origins may read responses of the token endpoint.
    webOrigins: [origin],
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'post.logout.redirect.uris': `${origin}/`,
      'access.token.lifespan': String(CONSOLE_TOKEN_LIFETIME_S),
      'oauth2.device.authorization.grant.enabled': 'true',
    },
    protocolMappers: [
      {
        name: 'audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.custom.audience': API_AUDIENCE, 'access.token.claim': 'true' },
      },
    ],
  };
}
