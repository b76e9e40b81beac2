import { onTestFinished } from 'vitest';
import { listen } from '#adapters/http-server/listen.ts';
import { signInUrlOf } from '#core/gate/gate-host.ts';
import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { createGate } from '#gate/create-gate.ts';
import type { SignInUrl } from '#gate/decision-presenter.ts';
import { OpenRequests } from '#gate/open-requests.ts';
import type { OwnRoute } from '#gate/own-route.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { COOKIES, readCookie } from '#gate/session/cookies.ts';
import type { VisitStart } from '#gate/visit-start.ts';
import { type AddressMode, WorkbenchAddresses } from '#gate/workbench-addresses.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';

/** The records of a gate. A test changes them while the gate runs. */
export class RecordTable {
  readonly records = new Map<string, Workbench>();
  reads = 0;
  failing = false;

  put(...records: readonly Workbench[]): void {
    for (const record of records) this.records.set(record.workbenchId, record);
  }

  async findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    this.reads += 1;
    if (this.failing) throw new Error('the table does not respond');
    const record = this.records.get(workbenchId);
    return record === undefined ? undefined : keyOf(record);
  }

  async read({ workbenchId }: WorkbenchKey): Promise<Workbench | undefined> {
    return this.records.get(workbenchId);
  }

  async listActive(): Promise<{ readonly keys: readonly WorkbenchKey[] }> {
    if (this.failing) throw new Error('the table does not respond');
    return { keys: [...this.records.values()].map(keyOf) };
  }
}

/** Sessions without cryptography: the cookie contains the user, and on the host of a workbench its id. */
export class PlainVisitors {
  failing = false;
  /** Users who have signed out. */
  readonly signedOut = new Set<string>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(
    { headers }: { readonly headers: { readonly cookie?: string | undefined } },
    workbenchId?: string,
  ): Promise<Visitor> {
    if (this.failing) throw new Error('the keys cannot be read');
    const cookie = readCookie(headers.cookie, workbenchId === undefined ? COOKIES.signIn : COOKIES.workbench);
    if (cookie === undefined) return { kind: 'none' };
    const [userId = '', bound] = cookie.split('@');
    const now = this.#clock.now();
    const user: UserVisitor = {
      kind: 'user',
      userId,
      admin: userId === 'root',
      signedInAt: now,
      expiresAt: now + 60_000,
    };
    return bound === undefined ? user : { ...user, workbenchId: bound };
  }

  async isValid(visitor: Visitor): Promise<boolean> {
    return visitor.kind === 'user' && !this.signedOut.has(visitor.userId);
  }
}

export interface SignedInGateOptions {
  readonly baseUrl?: string;
  readonly mode?: AddressMode;
  readonly ownRoutes?: readonly OwnRoute[];
  /** Whether only tickets admit. */
  readonly ticketsOnly?: boolean;
  readonly visitStart?: VisitStart;
}

/** Opens a gate with sign-in at `https://wb.example`. */
export async function openSignedInGate({
  baseUrl = 'https://wb.example',
  mode = 'host',
  ownRoutes = [],
  ticketsOnly = false,
  visitStart,
}: SignedInGateOptions = {}) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const table = new RecordTable();
  const visitors = new PlainVisitors(timers);
  const openRequests = new OpenRequests();
  const activity = new MemoryActivityStore();
  const signInUrl: SignInUrl = (returnUrl, browser) =>
    signInUrlOf({ signInOrigin: new URL(baseUrl).origin, path: '' }, returnUrl, browser);
  const gate = createGate({
    access: { kind: 'sessions', visitors, ...(ticketsOnly ? {} : { signInUrl }) },
    workbenches: table,
    shares: NO_SHARES,
    activity,
    ...(visitStart === undefined ? {} : { visitStart }),
    addresses: new WorkbenchAddresses(mode, () => new URL(baseUrl)),
    baseUrl: () => new URL(baseUrl),
    ownRoutes,
    frontendOrigins: ['https://app.example'],
    openRequests,
    pages: new PageRenderer(DEFAULT_LOOK),
    timers,
    telemetry,
  });
  const port = await listen(gate.server, '127.0.0.1', 0, 'WB_WORKBENCH_PORT');
  onTestFinished(() => gate.close(0));
  return { gate, port, timers, telemetry, table, visitors, openRequests, activity };
}
