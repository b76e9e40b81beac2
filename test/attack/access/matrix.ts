import { ROUTES, type Route } from '#contract/routes.ts';

/** Whose workbench, or whose user id, a request names. */
export type Whose = 'own' | 'other' | 'none';

/** A caller. `own` is the user of its token; backends act for `ada`. */
export interface Caller {
  readonly name: string;
  /** Claims of an HS256 token with the controller's secret, or of a token of the issuer. Absent: see `header`. */
  readonly token?: {
    readonly signer: 'secret' | 'issuer';
    readonly claims: Readonly<Record<string, unknown>>;
  };
  /** The Authorization header without a token. */
  readonly header?: 'static key' | 'wrong key' | 'token of a run';
  /** What the gateway makes of the credentials. */
  readonly gateway: 'passes' | 401 | 403;
  /** May act for every user. */
  readonly actsForAll: boolean;
  /** Has the claim with the user id. */
  readonly hasUser: boolean;
  readonly isOperator: boolean;
}

const OWN = 'ada';
const OTHER = 'bob';
export const USERS = { own: OWN, other: OTHER } as const;
export const SERVICE_CLIENT = 'batch';

const signed = (
  signer: 'secret' | 'issuer',
  claims: Readonly<Record<string, unknown>>,
  may: Pick<Caller, 'actsForAll' | 'hasUser' | 'isOperator'>,
) => ({ token: { signer, claims }, gateway: 'passes' as const, ...may });
const user = { actsForAll: false, hasUser: true, isOperator: false };
const withoutAccess = { actsForAll: false, hasUser: false, isOperator: false };
const service = { actsForAll: true, hasUser: false, isOperator: false };
const userOperator = { actsForAll: true, hasUser: true, isOperator: true };
const operator = { actsForAll: true, hasUser: false, isOperator: true };
const ADMIN = 'openid workbench:admin';

export const CALLERS: readonly Caller[] = [
  { name: 'without credentials', gateway: 401, ...withoutAccess },
  { name: 'a wrong key', header: 'wrong key', gateway: 403, ...withoutAccess },
  { name: 'a token of a run that has ended', header: 'token of a run', gateway: 'passes', ...withoutAccess },
  { name: 'the static key', header: 'static key', gateway: 'passes', ...operator },
  { name: 'an own token of a user', ...signed('secret', { sub: OWN }, user) },
  { name: 'an own token of an operator', ...signed('secret', { sub: OWN, scope: ADMIN }, userOperator) },
  { name: 'an own token without a user', ...signed('secret', {}, service) },
  {
    name: 'an own token of a user with a similar scope',
    ...signed('secret', { sub: OWN, scope: 'workbench:admins xworkbench:admin workbench' }, user),
  },
  {
    name: 'an expired own token',
    token: { signer: 'secret', claims: { sub: OWN, exp: 1 } },
    gateway: 403,
    ...withoutAccess,
  },
  { name: 'a token of a user', ...signed('issuer', { sub: OWN }, user) },
  {
    name: 'a token of a user from the service client',
    ...signed('issuer', { sub: OWN, azp: SERVICE_CLIENT }, user),
  },
  {
    name: 'a token of an operator',
    ...signed('issuer', { sub: OWN, scp: ['workbench:admin'] }, userOperator),
  },
  { name: 'a token without a user', ...signed('issuer', { sub: undefined, azp: 'portal' }, withoutAccess) },
  {
    name: 'a token of the service client',
    ...signed('issuer', { sub: undefined, client_id: SERVICE_CLIENT }, service),
  },
  {
    name: 'a token of an operator without a user',
    ...signed('issuer', { sub: undefined, scope: ADMIN }, operator),
  },
];

export interface MatrixCase {
  readonly caller: Caller;
  readonly route: Route;
  /** Only for routes with an id. `none` does not exist. */
  readonly workbench?: Whose;
  readonly userId: Whose;
}

/** Every caller × route × workbench × user id. */
export function listCases(): readonly MatrixCase[] {
  const whose: readonly Whose[] = ['own', 'other', 'none'];
  const routes: readonly Route[] = ROUTES;
  return CALLERS.flatMap((caller) =>
    routes.flatMap((route) => {
      const workbenches = route.path.includes('{wid}') ? whose : [undefined];
      return workbenches.flatMap((workbench) =>
        whose.map((userId) => ({ caller, route, userId, ...(workbench === undefined ? {} : { workbench }) })),
      );
    }),
  );
}

/** Whether the request is one of an operator in their own name, who may act on every workbench. */
export function actsAsAdministrator({ caller, userId }: Pick<MatrixCase, 'caller' | 'userId'>): boolean {
  return caller.isOperator && caller.hasUser && userId !== 'other';
}

const OF_OFFERS = ['withdrawOffer', 'acceptOwner'];

/** What SECURITY.md says of a request. It is written without the code of the product, which is under test. */
export function expectedOf({ caller, route, workbench, userId }: MatrixCase): number | 'allowed' {
  if (route.access === 'public') return 'allowed';
  if (caller.gateway !== 'passes') return caller.gateway;
  if (route.access === 'admin') return caller.isOperator ? 'allowed' : 403;
  if (!caller.actsForAll && !caller.hasUser) return 403;
  if (!caller.actsForAll && userId === 'other') return 403;
  if (!caller.hasUser && userId === 'none') return 400;
  // An offer concerns the owner and the user to whom it is made. An administrator gives the workbench away at once.
  const isOfOffer = OF_OFFERS.includes(route.operationId);
  if (!isOfOffer && actsAsAdministrator({ caller, userId })) return workbench === 'none' ? 404 : 'allowed';
  const actingUser = userId === 'other' ? 'other' : 'own';
  return workbench === undefined || workbench === actingUser ? 'allowed' : 404;
}
