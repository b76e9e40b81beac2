import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHARED_ROLES } from '#core/access/rights.ts';
import {
  decideRequest,
  type FoundRecord,
  type FoundShares,
  type GateDecision,
  type GateRequest,
} from '#core/gate/decide-request.ts';
import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import type { Share } from '#core/ports/share-store.ts';
import { anyWorkbench } from '#test/builders/any-workbench.ts';
import { aShare } from '#test/builders/share.ts';
import {
  acceptedRun,
  deleting,
  ID,
  idAt,
  pending,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const OWN = 'https://own.example';
const OTHER_ID = idAt(T0, 2);
const ENDPOINT = 'http://10.0.0.1:8080';
const RUNNING = running({ run: acceptedRun({ endpoint: ENDPOINT }) });
const FORWARD = { kind: 'forward', workbenchId: ID, runId: RUN_ID, endpoint: ENDPOINT, role: 'owner' };

function get(request: Partial<GateRequest> = {}): GateRequest {
  return {
    method: 'GET',
    webSocket: false,
    workbenchId: ID,
    ownOrigins: [OWN],
    mayBeFramed: false,
    origins: [],
    ...request,
  };
}

function user(visitor: Partial<UserVisitor> = {}): UserVisitor {
  return { kind: 'user', userId: USER, admin: false, signedInAt: T0, expiresAt: T0 + 1000, ...visitor };
}

const kindOf = (request: GateRequest, visitor: Visitor, found: FoundRecord = RUNNING, now = T0) =>
  decideRequest(request, visitor, found, now).kind;

test.each([user(), user({ userId: 'root', admin: true }), { kind: 'open' } as const])(
  'a request for a deleted workbench is one for no workbench',
  (visitor) => {
    const deleted = stopped({ restorable: { deletedAt: T0, until: T0 + 1000 } });
    expect(kindOf(get(), visitor, deleted)).toBe('unknown');
  },
);

describe('a request for a running workbench', () => {
  test('of its owner is forwarded, with the run and the user', () => {
    expect(decideRequest(get(), user(), RUNNING, T0)).toEqual({ ...FORWARD, userId: USER });
  });

  test('of an administrator is forwarded with his own name', () => {
    const root = user({ userId: 'root', admin: true });
    expect(decideRequest(get(), root, RUNNING, T0)).toEqual({
      ...FORWARD,
      role: 'administrator',
      userId: 'root',
    });
  });

  test('without sign-in is forwarded without a user', () => {
    expect(decideRequest(get(), { kind: 'open' }, RUNNING, T0)).toEqual(FORWARD);
  });

  test('of another user is decided like one for a workbench that does not exist', () => {
    const eve = user({ userId: 'eve' });
    expect(decideRequest(get(), eve, RUNNING, T0)).toEqual({ kind: 'unknown' });
    expect(decideRequest(get(), eve, undefined, T0)).toEqual({ kind: 'unknown' });
  });

  test.each([...SHARED_ROLES])('of a user with the role %s is forwarded with the role', (role) => {
    const bob = user({ userId: 'bob' });
    const shares = [aShare({ role })];
    expect(decideRequest(get(), bob, RUNNING, T0, shares)).toEqual({ ...FORWARD, role, userId: 'bob' });
    expect(decideRequest(get(), bob, stopped(), T0, shares)).toMatchObject({ kind: 'not_running', role });
    expect(decideRequest(get(), user({ userId: 'eve' }), RUNNING, T0, shares)).toEqual({ kind: 'unknown' });
  });

  test('of a member of a group is forwarded by the id of the group, which is no user', () => {
    const shares = [aShare({ grantee: { kind: 'group', group: 'a-group-id-00000' } })];
    const forwarded = (visitor: Partial<UserVisitor>) =>
      decideRequest(get(), user({ userId: 'bob', ...visitor }), RUNNING, T0, shares).kind;
    expect(forwarded({ groups: ['another', 'a-group-id-00000'] })).toBe('forward');
    expect(forwarded({ groups: ['another'] })).toBe('unknown');
    expect(forwarded({})).toBe('unknown');
    expect(forwarded({ userId: 'a-group-id-00000' })).toBe('unknown');
  });

  test('of a member whose groups have expired goes to the sign-in, if only they gave a role', () => {
    const groups = { groups: ['a-group-id-00000'], groupsExpireAt: T0 + 5 };
    const ofGroup = [aShare({ grantee: { kind: 'group', group: 'a-group-id-00000' } })];
    const kindAt = (now: number, visitor: Partial<UserVisitor>, shares: readonly Share[]) =>
      decideRequest(get(), user({ userId: 'bob', ...groups, ...visitor }), RUNNING, now, shares).kind;
    expect([kindAt(T0 + 4, {}, ofGroup), kindAt(T0 + 5, {}, ofGroup)]).toEqual(['forward', 'sign_in']);
    expect(kindAt(T0 + 5, { groups: ['another'] }, ofGroup)).toBe('unknown');
    expect(kindAt(T0 + 5, {}, [aShare({ ...ofGroup[0], expiresAt: T0 + 5 })])).toBe('unknown');
    // By another right than that of a group.
    expect(kindAt(T0 + 5, {}, [...ofGroup, aShare()])).toBe('forward');
    expect(kindAt(T0 + 5, { userId: USER }, ofGroup)).toBe('forward');
  });

  test('of every user is forwarded if it is shared with the organisation', () => {
    const shares = [aShare({ grantee: { kind: 'organisation' } })];
    expect(decideRequest(get(), user({ userId: 'bob' }), RUNNING, T0, shares).kind).toBe('forward');
    expect(decideRequest(get(), { kind: 'none' }, RUNNING, T0, shares).kind).toBe('sign_in');
  });

  test('is forwarded until the millisecond at which the share expires', () => {
    const shares = [aShare({ expiresAt: T0 + 5 })];
    const at = (now: number) => decideRequest(get(), user({ userId: 'bob' }), RUNNING, now, shares).kind;
    expect([at(T0 + 4), at(T0 + 5)]).toEqual(['forward', 'unknown']);
  });

  test('whose shares cannot be read is not decided, and reveals nothing', () => {
    const bob = user({ userId: 'bob' });
    for (const found of [RUNNING, undefined, stopped()])
      expect(decideRequest(get(), bob, found, T0, 'unreadable')).toEqual({ kind: 'unreadable' });
    for (const visitor of [user(), user({ userId: 'root', admin: true }), { kind: 'open' } as const])
      expect(decideRequest(get(), visitor, RUNNING, T0, 'unreadable').kind).toBe('forward');
    expect(decideRequest(get(), { kind: 'none' }, RUNNING, T0, 'unreadable').kind).toBe('sign_in');
  });

  test('without a session goes to the sign-in for every record', () => {
    for (const found of [RUNNING, undefined, 'unreadable'] as const)
      expect(kindOf(get(), { kind: 'none' }, found)).toBe('sign_in');
  });

  test('with a session of another workbench goes to the sign-in, also that of an administrator', () => {
    for (const admin of [false, true]) {
      expect(kindOf(get(), user({ admin, workbenchId: OTHER_ID }))).toBe('sign_in');
      expect(kindOf(get(), user({ admin, workbenchId: ID }))).toBe('forward');
    }
  });

  test('goes to the sign-in from the moment at which the session expires', () => {
    expect(kindOf(get(), user({ expiresAt: T0 + 1 }))).toBe('forward');
    expect(kindOf(get(), user({ expiresAt: T0 }))).toBe('sign_in');
  });
});

describe('a request for another workbench', () => {
  test.each([starting(), pending(), stopping(), stopped(), deleting()])(
    'that is $status is not forwarded',
    (workbench) => {
      expect(decideRequest(get(), user(), workbench, T0)).toEqual({
        kind: 'not_running',
        workbench,
        role: 'owner',
      });
      expect(kindOf(get(), user({ userId: 'eve' }), workbench)).toBe('unknown');
    },
  );

  test('that runs without an endpoint is not forwarded', () => {
    const { endpoint: _, ...run } = RUNNING.run;
    expect(kindOf(get(), user(), { ...RUNNING, run })).toBe('not_running');
  });

  test('whose record cannot be read, or is that of another one, is not forwarded', () => {
    expect(kindOf(get(), user(), 'unreadable')).toBe('unreadable');
    expect(kindOf(get({ workbenchId: OTHER_ID }), user())).toBe('unreadable');
  });
});

describe('the origin of a request', () => {
  const post: Partial<GateRequest> = { method: 'POST' };
  const webSocket: Partial<GateRequest> = { webSocket: true };
  const sibling: Partial<GateRequest> = { secFetchSite: 'same-site' };
  const link: Partial<GateRequest> = { secFetchMode: 'navigate', secFetchDest: 'document' };
  const script: Partial<GateRequest> = { secFetchMode: 'no-cors', secFetchDest: 'script' };
  const frame: Partial<GateRequest> = { secFetchMode: 'navigate', secFetchDest: 'iframe' };
  const cases: readonly (readonly [string, Partial<GateRequest>, GateDecision['kind']])[] = [
    ['of a page of the workbench', { ...post, origins: [OWN] }, 'forward'],
    ['in upper case', { ...post, origins: [OWN.toUpperCase()] }, 'forward'],
    ['of another workbench', { ...post, origins: ['https://else.example'] }, 'foreign_origin'],
    ['of another scheme', { ...post, origins: ['http://own.example'] }, 'foreign_origin'],
    ['of a sandboxed page', { ...post, origins: ['null'] }, 'foreign_origin'],
    ['that is empty', { ...post, origins: [''] }, 'foreign_origin'],
    ['that is one of two', { ...post, origins: [OWN, 'https://else.example'] }, 'foreign_origin'],
    ['of another workbench with GET', { origins: ['https://else.example'] }, 'foreign_origin'],
    ['of a WebSocket of the page', { ...webSocket, origins: [OWN] }, 'forward'],
    ['of a WebSocket of another', { ...webSocket, origins: ['https://else.example'] }, 'foreign_origin'],
    ['that is absent, from a program', post, 'forward'],
    ['that is absent, from an own page', { ...post, secFetchSite: 'same-origin' }, 'forward'],
    ['that is absent, typed by a person', { ...post, secFetchSite: 'none' }, 'forward'],
    ['that is absent, from a sibling', { ...post, secFetchSite: 'same-site' }, 'foreign_origin'],
    ['that is absent, from another site', { ...post, secFetchSite: 'cross-site' }, 'foreign_origin'],
    ['that is absent, with an unknown site', { ...post, secFetchSite: 'none, none' }, 'foreign_origin'],
    [
      'that is absent, a WebSocket of a sibling',
      { ...webSocket, secFetchSite: 'same-site' },
      'foreign_origin',
    ],
    ['that is absent, a link on another site', { secFetchSite: 'cross-site', ...link }, 'forward'],
    ['that is absent, a link on a sibling', { ...sibling, ...link }, 'forward'],
    ['that is absent, a script of the page', { secFetchSite: 'same-origin', ...script }, 'forward'],
    ['that is absent, a script in a sibling', { ...sibling, ...script }, 'foreign_origin'],
    ['that is absent, HEAD of a sibling', { ...sibling, ...script, method: 'HEAD' }, 'foreign_origin'],
    ['that is absent, OPTIONS of a sibling', { ...sibling, method: 'OPTIONS' }, 'forward'],
    ['that is absent, a script on another site', { secFetchSite: 'cross-site', ...script }, 'foreign_origin'],
    ['that is absent, a sibling without a mode', { ...sibling, secFetchDest: 'document' }, 'foreign_origin'],
    ['that is absent, a navigation to nothing', { ...sibling, secFetchMode: 'navigate' }, 'foreign_origin'],
    ['that is absent, a frame of the page', { secFetchSite: 'same-origin', ...frame }, 'forward'],
    ['that is absent, a frame in a sibling', { ...sibling, ...frame }, 'foreign_origin'],
    ['that is absent, an allowed frame', { ...sibling, ...frame, mayBeFramed: true }, 'forward'],
    [
      'that is absent, an allowed frame of a script',
      { ...sibling, ...script, mayBeFramed: true },
      'foreign_origin',
    ],
    ['that contradicts Sec-Fetch-Site', { ...post, origins: [OWN], secFetchSite: 'same-site' }, 'forward'],
  ];

  test.each(cases)('%s', (_name, request, kind) => {
    expect(kindOf(get(request), user())).toBe(kind);
  });

  test('is compared before the session', () => {
    expect(kindOf(get({ ...post, origins: ['null'] }), { kind: 'none' }, undefined)).toBe('foreign_origin');
  });

  test('does not matter for safe requests without sign-in', () => {
    const foreign = { origins: ['https://else.example'] };
    expect(kindOf(get(foreign), { kind: 'open' })).toBe('forward');
    expect(kindOf(get({ ...sibling, ...script }), { kind: 'open' })).toBe('forward');
    expect(kindOf(get({ ...post, ...foreign }), { kind: 'open' })).toBe('foreign_origin');
    expect(kindOf(get({ ...webSocket, ...foreign }), { kind: 'open' })).toBe('foreign_origin');
  });
});

/** The same rules, written as a table of reasons: the first that holds decides. */
function referenceKind(
  request: GateRequest,
  visitor: Visitor,
  found: FoundRecord,
  now: number,
  shares: FoundShares,
): string {
  const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method) || request.webSocket;
  const named = request.origins.map((origin) => origin.toLowerCase());
  const foreignName = named.some((origin) => !request.ownOrigins.some((own) => own === origin));
  const foreignSite =
    named.length === 0 && !['same-origin', 'none', undefined].includes(request.secFetchSite);
  const loaded = ['GET', 'HEAD'].includes(request.method);
  const target = request.secFetchMode === 'navigate' ? request.secFetchDest : undefined;
  const framed = ['iframe', 'frame', 'embed', 'object'].some((dest) => dest === target);
  const linked = target === 'document' || (request.mayBeFramed && framed);
  const record = typeof found === 'object' ? found : undefined;
  const isStranger = visitor.kind === 'user' && !visitor.admin && visitor.userId !== record?.userId;
  const names =
    visitor.kind === 'user'
      ? [`user ${visitor.userId}`, ...(visitor.groups ?? []).map((group) => `group ${group}`), 'organisation']
      : [];
  const nameOf = ({ grantee }: Share) => Object.values(grantee).join(' ');
  const isAdmitted =
    shares !== 'unreadable' &&
    shares.some((share) => names.includes(nameOf(share)) && !((share.expiresAt ?? now + 1) <= now));
  const reasons: readonly (readonly [boolean, string])[] = [
    [foreignName && (visitor.kind !== 'open' || changes), 'foreign_origin'],
    [foreignSite && changes, 'foreign_origin'],
    [foreignSite && loaded && !linked && visitor.kind !== 'open', 'foreign_origin'],
    [visitor.kind === 'none', 'sign_in'],
    [visitor.kind === 'user' && visitor.expiresAt <= now, 'sign_in'],
    [visitor.kind === 'user' && ![undefined, request.workbenchId].includes(visitor.workbenchId), 'sign_in'],
    [found === 'unreadable', 'unreadable'],
    [isStranger && shares === 'unreadable', 'unreadable'],
    [record === undefined, 'unknown'],
    [isStranger && !isAdmitted, 'unknown'],
    [record?.workbenchId !== request.workbenchId, 'unreadable'],
    [record?.status !== 'running' || record.run.endpoint === undefined, 'not_running'],
  ];
  return reasons.find(([holds]) => holds)?.[1] ?? 'forward';
}

/** A deleted workbench that waits for the end of its files. */
function isHidden(found: FoundRecord): boolean {
  if (found === undefined || found === 'unreadable' || found.restorable === undefined) return false;
  return !(found.startedAt !== undefined && found.startedAt > found.restorable.deletedAt);
}

describe('10,000 random requests', () => {
  const origin = fc.constantFrom(OWN, OWN.toUpperCase(), 'https://else.example', 'null', '');
  const site = fc.constantFrom(undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'x');
  const ids = [ID, OTHER_ID];
  const anyRequest: fc.Arbitrary<GateRequest> = fc
    .record({
      method: fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'get', 'PROPFIND'),
      webSocket: fc.boolean(),
      workbenchId: fc.constantFrom(...ids),
      ownOrigins: fc.constantFrom([OWN], [OWN, 'http://own.example'], []),
      origins: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 2, arbitrary: fc.constant([OWN]) },
        fc.array(origin, { maxLength: 2 }),
      ),
      secFetchSite: site,
      secFetchMode: fc.constantFrom(undefined, 'navigate', 'navigate', 'no-cors', 'cors', 'x'),
      secFetchDest: fc.constantFrom(
        undefined,
        'document',
        'iframe',
        'frame',
        'embed',
        'object',
        'script',
        '',
      ),
      mayBeFramed: fc.boolean(),
    })
    .map(({ secFetchSite, secFetchMode, secFetchDest, ...request }) => ({
      ...request,
      ...(secFetchSite === undefined ? {} : { secFetchSite }),
      ...(secFetchMode === undefined ? {} : { secFetchMode }),
      ...(secFetchDest === undefined ? {} : { secFetchDest }),
    }));
  const anyVisitor: fc.Arbitrary<Visitor> = fc.oneof(
    fc.constant({ kind: 'open' } as const),
    fc.constant({ kind: 'none' } as const),
    {
      weight: 6,
      arbitrary: fc
        .record({
          userId: fc.constantFrom(USER, 'eve'),
          admin: fc.boolean(),
          groups: fc.subarray(['staff', 'guests']),
          workbenchId: fc.constantFrom(undefined, ...ids),
          expiresAt: fc.integer({ min: T0 - 1, max: T0 + 4 }),
        })
        .map(({ workbenchId, ...rest }) =>
          user({ ...rest, ...(workbenchId === undefined ? {} : { workbenchId }) }),
        ),
    },
  );
  const anyFound: fc.Arbitrary<FoundRecord> = fc.oneof(
    fc.constant('unreadable' as const),
    fc.constant(undefined),
    { weight: 4, arbitrary: fc.constant(RUNNING) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(anyWorkbench(), fc.constantFrom(USER, 'eve'), fc.constantFrom(...ids))
        .map(([workbench, userId, workbenchId]) => ({ ...workbench, userId, workbenchId })),
    },
  );

  const anyShare: fc.Arbitrary<Share> = fc
    .record({
      grantee: fc.oneof(
        fc.constantFrom(USER, 'eve', 'staff').map((userId) => ({ kind: 'user' as const, userId })),
        fc.constantFrom('staff', 'guests').map((group) => ({ kind: 'group' as const, group })),
        fc.constant({ kind: 'organisation' as const }),
      ),
      role: fc.constantFrom(...SHARED_ROLES),
      expiresAt: fc.constantFrom(undefined, T0 - 1, T0, T0 + 1),
    })
    .map(({ expiresAt, ...share }) =>
      aShare({ ...share, ...(expiresAt === undefined ? {} : { expiresAt }) }),
    );
  const anyShares: fc.Arbitrary<FoundShares> = fc.oneof(
    { weight: 1, arbitrary: fc.constant('unreadable' as const) },
    { weight: 8, arbitrary: fc.array(anyShare, { maxLength: 2 }) },
  );

  test('are decided as a second reading of the rules decides them, and each decision occurs', () => {
    const runs = propertyRuns(10_000);
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(anyRequest, anyVisitor, anyFound, anyShares, (request, visitor, found, shares) => {
        const decision = decideRequest(request, visitor, found, T0, shares);
        counts.set(decision.kind, (counts.get(decision.kind) ?? 0) + 1);
        const known = isHidden(found) ? undefined : found;
        expect(decision.kind).toBe(referenceKind(request, visitor, known, T0, shares));
        if (decision.kind !== 'forward') return;
        const { run, workbenchId } = found as typeof RUNNING;
        expect([decision.workbenchId, decision.runId, decision.endpoint]).toEqual([
          workbenchId,
          run.runId,
          run.endpoint,
        ]);
      }),
      runs,
    );
    expect([...counts.keys()].sort()).toEqual([
      'foreign_origin',
      'forward',
      'not_running',
      'sign_in',
      'unknown',
      'unreadable',
    ]);
    // The rarest is drawn in one of fifty. Fewer draws differ more from this.
    const least = runs.numRuns === 10_000 ? 100 : runs.numRuns / 200;
    for (const count of counts.values()) expect(count).toBeGreaterThan(least);
  });
});
