import { createHash } from 'node:crypto';
import { groupIdOf } from '#adapters/group-id.ts';
import { hashTicketSecret } from '#adapters/ticket-secret.ts';
import type { Grantee } from '#core/access/grantee.ts';
import { ENTRY_PATH } from '#core/gate/gate-host.ts';
import { CLOCK_SKEW_MAX_MS } from '#core/ports/clock.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { TICKET_LIFETIME_MS, type Ticket } from '#core/ports/ticket-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { MemorySessionCutoffStore } from '../../memory/memory-session-cutoff-store.ts';
import { MemoryShareStore } from '../../memory/memory-share-store.ts';
import { MemoryTicketStore } from '../../memory/memory-ticket-store.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { World } from '../world/world.ts';
import type { Received, Sent } from './exchange.ts';
import { GATE_CLOCK_BEHIND_MAX_MS, type GateChecks, type SimulatedSession } from './gate-checks.ts';
import { GateCalls } from './gate-reads.ts';
import { FRONTEND_ORIGIN, hostOf, originOf, SimulatedGate } from './simulated-gate.ts';

/** An administrator, who owns no workbench. */
const ADMINISTRATOR = 'root';
/** Users signed in this long before they open a workbench, milliseconds: after the sign-outs of earlier visits. */
const SIGNED_IN_BEFORE_MS = 4000;
/** A session that ends during a visit lasts this long, milliseconds. */
const SHORT_SESSION_MS = 12_000;
const LONG_SESSION_MS = 3_600_000;
/** Tickets that are asked for before a visitor gives up. */
const ENTRY_ATTEMPTS_MAX = 3;

/** How the owner uses the ticket. */
const ENTRIES = ['once', 'twice_at_once', 'late', 'elsewhere'] as const;
/** How the owner loses the right, besides the commands of the schedule. */
const LOSSES = ['none', 'sign_out', 'sign_out_by_issuer', 'expiry'] as const;
/** Whether the owner shares the workbench with the other user, and how the share ends. */
const SHARES = ['none', 'kept', 'taken_back', 'expiring', 'group_taken_back'] as const;
/** A group of the other user. */
const GROUP = 'data science';
/** A share that expires during a visit lasts this long, milliseconds. */
const SHORT_SHARE_MS = 3_000;
/** What the visitors do in one round. */
const ACTIONS = [
  'owner_reads',
  'owner_writes',
  'path_of_other',
  'sibling_writes',
  'sibling_connects',
  'stranger_reads',
  'stranger_connects',
  'other_session',
  'ticket_again',
  'owner_connects',
  'administrator_reads',
] as const;
/** Visitors leave when the workbench has not run for this time, milliseconds. */
const LEAVE_AFTER_MS = 10_000;
const ROUNDS_MIN = 6;
const ROUNDS_MAX = 10;

export interface SimulatedVisitorsOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly draws: HazardDraws;
  readonly world: World;
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly checks: GateChecks;
  readonly telemetry: Telemetry;
  /** Calls a check and records its violation. */
  readonly record: (check: () => void) => void;
  readonly log: (line: string) => void;
}

/** Visitors of workbenches, through two gates. One visit takes place at a time. */
export class SimulatedVisitors {
  readonly #options: SimulatedVisitorsOptions;
  readonly #tickets = new MemoryTicketStore();
  readonly #shares = new MemoryShareStore();
  readonly #cutoffs: SessionCutoffStore;
  #secrets = 0;
  #visiting = false;

  constructor(options: SimulatedVisitorsOptions) {
    this.#options = options;
    this.#cutoffs = this.#notingCutoffs();
  }

  /**
   * Visits a running workbench: its owner, another user and an administrator, through new processes of the gate. Does
   * nothing during another visit.
   */
  async visit(workbenchId: string, owner: string, other: string): Promise<void> {
    if (this.#visiting) return;
    this.#visiting = true;
    this.#options.log(`visitors of workbench ${workbenchId} come`);
    const gates = [
      this.#createGate('gate A', 0),
      this.#createGate('gate B', GATE_CLOCK_BEHIND_MAX_MS),
    ] as const;
    const visited = { workbenchId, owner, other };
    await new Visit(this.#options, gates, this.#tickets, this.#shares, visited, () =>
      this.#nextSecret(),
    ).execute();
    for (const { gate } of gates) gate.kill();
    this.#visiting = false;
  }

  /** In the form of a secret, and never the same. */
  #nextSecret(): string {
    this.#secrets += 1;
    return createHash('sha256').update(`secret ${this.#secrets}`).digest('base64url');
  }

  #notingCutoffs(): SessionCutoffStore {
    const stored = new MemorySessionCutoffStore();
    return {
      raise: async (userId, at, issuerSession) => {
        await stored.raise(userId, at, issuerSession);
        this.#options.checks.noteCutoff(userId, at, issuerSession);
      },
      read: (userId) => stored.read(userId),
    };
  }

  #createGate(name: string, clockBehindMs: number): NamedGate {
    const { kernel, tape, draws, world, workbenches, checks, telemetry, record, log } = this.#options;
    const calls = new GateCalls(name, kernel, tape, draws);
    const gate = new SimulatedGate({
      kernel,
      calls,
      clockBehindMs,
      workbenches,
      shares: this.#shares,
      tickets: this.#tickets,
      cutoffs: this.#cutoffs,
      telemetry,
      onForward: (sent, run) => {
        const holder = world.ecs.lifecycle.holderOf(new URL(run.endpoint).hostname);
        record(() => checks.checkForward(sent, run, calls, holder?.workbenchId));
      },
      onOpen: (sent, run) => {
        log(`${name} connects a WebSocket of ${sent.session?.userId}`);
        const remove = checks.addOpen({ sent, run, gate: calls });
        return () => {
          log(`${name} ends a WebSocket of ${sent.session?.userId}`);
          remove();
        };
      },
      isUp: (address) => isUp(world, address),
    });
    return { name, gate, calls };
  }
}

interface NamedGate {
  readonly name: string;
  readonly gate: SimulatedGate;
  readonly calls: GateCalls;
}

interface Visited {
  readonly workbenchId: string;
  readonly owner: string;
  readonly other: string;
}

class Visit {
  readonly #options: SimulatedVisitorsOptions;
  readonly #gates: readonly [NamedGate, NamedGate];
  readonly #tickets: MemoryTicketStore;
  readonly #shares: MemoryShareStore;
  readonly #visited: Visited;
  readonly #nextSecret: () => string;
  readonly #close: (() => void)[] = [];
  /** The ticket that was used last. */
  #used: IssuedTicket | undefined;

  constructor(
    options: SimulatedVisitorsOptions,
    gates: readonly [NamedGate, NamedGate],
    tickets: MemoryTicketStore,
    shares: MemoryShareStore,
    visited: Visited,
    nextSecret: () => string,
  ) {
    this.#options = options;
    this.#gates = gates;
    this.#tickets = tickets;
    this.#shares = shares;
    this.#visited = visited;
    this.#nextSecret = nextSecret;
  }

  async execute(): Promise<void> {
    const { kernel, tape } = this.#options;
    const { owner, other } = this.#visited;
    const loss = tape.pick(LOSSES);
    await this.#misuseTicket(tape.pick(ENTRIES));
    const sessionMs = loss === 'expiry' ? SHORT_SESSION_MS : LONG_SESSION_MS;
    const [own, strange, administrator] = await Promise.all([
      this.#enter(owner, false, sessionMs),
      this.#enter(other, false, LONG_SESSION_MS),
      this.#enter(ADMINISTRATOR, true, LONG_SESSION_MS),
    ]);
    // The table could not be read.
    if (own === undefined || strange === undefined || administrator === undefined) return;
    this.#connect(own);
    this.#connect(administrator);
    const rounds = tape.intBetween(ROUNDS_MIN, ROUNDS_MAX);
    const lostInRound = tape.intBelow(ROUNDS_MIN);
    const shared = tape.pick(SHARES);
    // At once, so that a WebSocket of the other user has to end before the run does.
    await this.#share(shared);
    if (shared !== 'none') this.#connect(strange);
    const takenBackInRound = tape.intBelow(2);
    for (let round = 0; round < rounds; round += 1) {
      await kernel.sleep(tape.intBetween(1000, 3000));
      if (this.#hasBeenDownForLong()) break;
      if (round === lostInRound) await this.#lose(own, loss);
      if (round === takenBackInRound) await this.#takeBack(shared);
      await this.#act(tape.pick(ACTIONS), own, strange, administrator);
    }
    // A later visit begins without it.
    await this.#takeBack('taken_back');
    await this.#takeBack('group_taken_back');
    for (const close of this.#close) close();
  }

  async #act(
    action: (typeof ACTIONS)[number],
    own: SimulatedSession,
    strange: SimulatedSession,
    administrator: SimulatedSession,
  ): Promise<void> {
    const { workbenchId } = this.#visited;
    const otherId = this.#otherWorkbenchId();
    switch (action) {
      case 'owner_reads':
        return this.#request(own, {});
      case 'owner_writes':
        return this.#request(own, { method: 'POST', origin: originOf(workbenchId) });
      case 'path_of_other':
        return this.#request(own, { target: `/project/${otherId}/` });
      case 'sibling_writes':
        return this.#request(own, { method: 'POST', origin: originOf(otherId), isFromSibling: true });
      case 'sibling_connects':
        this.#connect(own, { origin: originOf(otherId), isFromSibling: true });
        return;
      case 'stranger_reads':
        return this.#request(strange, {});
      case 'stranger_connects':
        this.#connect(strange);
        return;
      case 'other_session':
        return this.#request(own, { workbenchId: otherId, host: hostOf(otherId) });
      case 'ticket_again':
        if (this.#used !== undefined) await this.#useTicket(this.#used, this.#pickGate(), workbenchId);
        return;
      case 'owner_connects':
        this.#connect(own);
        return;
      case 'administrator_reads':
        return this.#request(administrator, {});
    }
  }

  async #request(session: SimulatedSession, differences: Partial<Sent>): Promise<void> {
    const { kernel, checks, record } = this.#options;
    const { gate, calls } = this.#pickGate();
    const sent = { ...this.#sentBy(session), ...differences };
    const sentAt = kernel.now();
    const wasUp = this.#isUp();
    const { status } = await gate.send(sent);
    if (sent.isFromSibling || sent.workbenchId !== session.workbenchId) return;
    record(() => checks.checkServed(sent, status, sentAt, calls, wasUp && this.#isUp()));
  }

  #connect(session: SimulatedSession, differences: Partial<Sent> = {}): void {
    const { gate } = this.#pickGate();
    this.#close.push(
      gate.open({ ...this.#sentBy(session), origin: originOf(session.workbenchId), ...differences }),
    );
  }

  #sentBy(session: SimulatedSession): Sent {
    const { workbenchId } = session;
    return { method: 'GET', workbenchId, host: hostOf(workbenchId), target: '/lab', session };
  }

  async #lose(session: SimulatedSession, loss: (typeof LOSSES)[number]): Promise<void> {
    const { log } = this.#options;
    const { name, gate } = this.#pickGate();
    if (loss === 'sign_out') {
      log(`${session.userId} signs out at ${name}`);
      await gate.send({
        ...this.#sentBy(session),
        method: 'POST',
        target: '/.wb/logout',
        origin: originOf(session.workbenchId),
      });
    }
    if (loss === 'sign_out_by_issuer') {
      log(`the issuer ends a session of ${session.userId} at ${name}`);
      // The issuer does not repeat a logout token.
      await gate.signOutByIssuer(session.userId, session.issuerSession).catch(() => {});
    }
  }

  async #share(shared: (typeof SHARES)[number]): Promise<void> {
    if (shared === 'none') return;
    const { kernel, checks, log } = this.#options;
    const { workbenchId, owner } = this.#visited;
    const now = kernel.now();
    const share: Share = {
      workbenchId,
      grantee: this.#granteeOf(shared),
      role: 'use',
      ownerId: owner,
      createdBy: owner,
      createdAt: now,
      ...(shared === 'expiring' ? { expiresAt: now + SHORT_SHARE_MS } : {}),
    };
    await this.#shares.put(share);
    checks.noteShare(share);
    log(`${owner} shares the workbench: ${shared}`);
  }

  async #takeBack(shared: (typeof SHARES)[number]): Promise<void> {
    if (shared !== 'taken_back' && shared !== 'group_taken_back') return;
    const { workbenchId } = this.#visited;
    const grantee = this.#granteeOf(shared);
    await this.#shares.delete({ workbenchId, grantee });
    this.#options.checks.noteShareRemoval(workbenchId, grantee);
  }

  #granteeOf(shared: (typeof SHARES)[number]): Grantee {
    return shared === 'group_taken_back'
      ? { kind: 'group', group: GROUP }
      : { kind: 'user', userId: this.#visited.other };
  }

  /** Uses a ticket in a way in which it must not begin a session, or one only. */
  async #misuseTicket(entry: (typeof ENTRIES)[number]): Promise<void> {
    const { kernel } = this.#options;
    const { workbenchId, owner } = this.#visited;
    const [a, b] = this.#gates;
    if (entry === 'twice_at_once') {
      const ticket = await this.#issueTicket(owner, false, LONG_SESSION_MS);
      await Promise.all([this.#useTicket(ticket, a, workbenchId), this.#useTicket(ticket, b, workbenchId)]);
    }
    if (entry === 'late') {
      // The gate accepts a ticket of a clock that is behind.
      const ticket = await this.#issueTicket(owner, false, LONG_SESSION_MS, 500 - CLOCK_SKEW_MAX_MS);
      await kernel.sleep(500 + GATE_CLOCK_BEHIND_MAX_MS);
      await this.#useTicket(ticket, this.#pickGate(), workbenchId);
    }
    if (entry === 'elsewhere') {
      const ticket = await this.#issueTicket(owner, false, LONG_SESSION_MS);
      await this.#useTicket(ticket, this.#pickGate(), this.#otherWorkbenchId());
    }
  }

  /** Returns the session of a user; undefined if the table could not be read several times. */
  async #enter(userId: string, admin: boolean, sessionMs: number): Promise<SimulatedSession | undefined> {
    for (let attempts = 0; attempts < ENTRY_ATTEMPTS_MAX; attempts += 1) {
      const ticket = await this.#issueTicket(userId, admin, sessionMs);
      const session = await this.#useTicket(ticket, this.#pickGate(), this.#visited.workbenchId);
      this.#used = ticket;
      if (session !== undefined) return session;
    }
    return undefined;
  }

  async #issueTicket(
    userId: string,
    admin: boolean,
    sessionMs: number,
    lifetimeMs = TICKET_LIFETIME_MS,
  ): Promise<IssuedTicket> {
    const now = this.#options.kernel.now();
    const secret = this.#nextSecret();
    const ticket = {
      hash: hashTicketSecret(secret),
      workbenchId: this.#visited.workbenchId,
      userId,
      admin,
      signedInAt: now - SIGNED_IN_BEFORE_MS,
      issuerSession: `session of ${userId}`,
      ...(userId === this.#visited.other ? { groups: [groupIdOf(GROUP)] } : {}),
      sessionExpiresAt: now + sessionMs,
      expiresAt: now + lifetimeMs,
    };
    await this.#tickets.create(ticket);
    return { secret, ticket };
  }

  async #useTicket(
    { secret, ticket }: IssuedTicket,
    { name, gate }: NamedGate,
    workbenchId: string,
  ): Promise<SimulatedSession | undefined> {
    const { checks, record } = this.#options;
    const received = await gate.send({
      method: 'GET',
      workbenchId,
      host: hostOf(workbenchId),
      target: `${ENTRY_PATH}?${new URLSearchParams({ t: secret, p: '/lab' })}`,
      referer: `${FRONTEND_ORIGIN}/`,
    });
    const cookie = cookieOf(received);
    if (cookie === undefined) return undefined;
    record(() => checks.checkSession(ticket, workbenchId, name));
    const { userId, admin, issuerSession, signedInAt, sessionExpiresAt } = ticket;
    const groups = userId === this.#visited.other ? { groups: [GROUP] } : {};
    return {
      ...{ userId, admin, ...groups, workbenchId, issuerSession },
      ...{ signedInAt, expiresAt: sessionExpiresAt, cookie },
    };
  }

  /** Whether what a gate has read of the last run has expired. Visitors learn nothing more. */
  #hasBeenDownForLong(): boolean {
    const { kernel, checks } = this.#options;
    return kernel.now() - checks.lastNamedAt(this.#visited.workbenchId) > LEAVE_AFTER_MS;
  }

  #isUp(): boolean {
    const { checks, world } = this.#options;
    const run = checks.presentRun(this.#visited.workbenchId);
    if (run === undefined) return false;
    const address = new URL(run.endpoint).hostname;
    const holder = world.ecs.lifecycle.holderOf(address);
    return holder?.workbenchId === this.#visited.workbenchId && isUp(world, address);
  }

  #otherWorkbenchId(): string {
    const { workbenchId } = this.#visited;
    const other = this.#options.checks.workbenchIds.find((id) => id !== workbenchId);
    return other ?? `${workbenchId.slice(0, -1)}${workbenchId.endsWith('z') ? 'y' : 'z'}`;
  }

  #pickGate(): NamedGate {
    return this.#options.tape.pick(this.#gates);
  }
}

interface IssuedTicket {
  readonly secret: string;
  readonly ticket: Ticket & { readonly issuerSession: string };
}

function cookieOf({ setCookies }: Received): string | undefined {
  return setCookies.map((cookie) => cookie.split(';')[0] ?? '').find((pair) => !pair.endsWith('='));
}

/** Whether a container listens at an address. */
export function isUp(world: World, address: string): boolean {
  const task = world.ecs.lifecycle.holderOf(address);
  return task?.container !== undefined && task.container.endedAt === undefined;
}
