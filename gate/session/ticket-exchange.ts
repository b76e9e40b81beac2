import * as z from 'zod/mini';
import { hashTicketSecret, isTicketSecret } from '#adapters/ticket-secret.ts';
import { mayDo } from '#core/access/rights.ts';
import { ENTRY_PATH, isLocalPath } from '#core/gate/gate-host.ts';
import { needsShares, roleAt, type Visitor } from '#core/gate/visitor.ts';
import { CLOCK_SKEW_MAX_MS, type Clock } from '#core/ports/clock.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { ENTER_PAGE_LIFETIME_MS, type Ticket, type TicketStore } from '#core/ports/ticket-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { isSentForm, readField, readForm } from '#gate/form-body.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import { noFormPage } from '#gate/pages/command-pages.ts';
import { unknownPage } from '#gate/pages/fault-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { enterPage, invalidTicketPage, tooManyTicketsPage } from '#gate/pages/sign-in-pages.ts';
import { redirect } from '#gate/sign-in/redirect.ts';
import { bindBrowser, isBoundTo } from './browser-binding.ts';
import type { Sealing } from './seal.ts';
import type { Sessions } from './sessions.ts';
import { TicketAttempts, ticketClientOf, UNKNOWN_TICKETS_WINDOW_MS } from './ticket-attempts.ts';

/** A sealed value and a path. */
const FORM_MAX_BYTES = 16_384;

export interface TicketExchangeOptions {
  readonly tickets: Pick<TicketStore, 'read' | 'burn'>;
  /** Returns the record; undefined if there is none. @throws PortError */
  readonly findWorkbench: (workbenchId: string) => Promise<Workbench | undefined>;
  /** Returns the shares that count. @throws PortError */
  readonly findShares: (workbenchId: string) => Promise<readonly Share[]>;
  readonly seal: Sealing;
  readonly sessions: Sessions;
  /** The origins of RESTAPI_CORS_ORIGIN, in lower case. `*` is no origin. */
  readonly frontendOrigins: readonly string[];
  /** Returns where to sign in for a path of the workbench's origin; undefined without a sign-in. */
  readonly signInUrl: (asked: OwnRequest, path: string) => string | undefined;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
  /** Returns the address of the client. */
  readonly clientAddress: (request: OwnRequest['request']) => string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What the form of the page that asks for a click brings back. */
const confirmationSchema = z.object({
  /** The hash of the ticket, which the click uses up. */
  hash: z.string(),
  workbenchId: z.string(),
  /** The binding of the browser that received the page. The form is of no use in another one. */
  browser: z.string(),
});

type UsedTicket =
  | { readonly kind: 'used'; readonly ticket: Ticket | undefined }
  /** It can still be used: by the click on the page for it. */
  | { readonly kind: 'to_confirm'; readonly ticket: Ticket; readonly workbench: Workbench };

/**
 * Exchanges tickets for sessions, on the hosts of workbenches.
 *
 * A link with a ticket signs in the person who opens it. An attacker could therefore send a link with a ticket of their own, and
 * receive what the victim types into the attacker's workbench. So a ticket is exchanged at once only if
 * - the sign-in that this browser itself began has led to it (`Ticket.browser` matches the cookie),
 * - a page of a configured frontend has sent it, or
 * - the browser has a session of the same user here already.
 * Otherwise a page names the workbench, its owner and the user, and asks for a click. Only the click uses the ticket up: programs that
 * preview links get the page, and may.
 */
export class TicketExchange {
  readonly #options: TicketExchangeOptions;
  readonly #attempts: TicketAttempts;

  constructor(options: TicketExchangeOptions) {
    this.#options = options;
    this.#attempts = new TicketAttempts(options.clock);
  }

  get routes(): readonly OwnRoute[] {
    const path = ENTRY_PATH;
    const on = 'workbench_host';
    return [
      { method: 'GET', path, on, from: 'own', handle: (asked) => this.#enterByLink(asked) },
      { method: 'POST', path, on, from: 'frontend', handle: (asked) => this.#enterByForm(asked) },
    ];
  }

  async #enterByLink(asked: OwnRequest): Promise<void> {
    const { request, url } = asked;
    // Programs that preview or prefetch links must not use up the ticket.
    if (
      request.method === 'HEAD' ||
      /prefetch|prerender/.test(String(request.headers['sec-purpose'] ?? '')) ||
      // Nor requests of scripts.
      !['navigate', undefined].includes(request.headers['sec-fetch-mode']?.toString())
    ) {
      asked.response.writeHead(204, { 'cache-control': 'no-store' }).end();
      return;
    }
    const frontend = this.#isFrontend(originOf(request.headers.referer));
    await this.#enter(asked, readField(url.searchParams, 't'), readField(url.searchParams, 'p'), frontend);
  }

  async #enterByForm(asked: OwnRequest): Promise<void> {
    const { request } = asked;
    const form = await readForm(request, FORM_MAX_BYTES);
    const path = form && readField(form, 'p');
    const confirmation = form && readField(form, 'c');
    if (confirmation !== undefined) return this.#enterConfirmed(asked, confirmation, path);
    const frontend = this.#isFrontend(request.headers.origin?.toLowerCase());
    await this.#enter(asked, form && readField(form, 't'), path, frontend);
  }

  /** @param frontend whether a page of a configured frontend has sent the ticket */
  async #enter(
    asked: OwnRequest,
    secret: string | undefined,
    requestedPath: string | undefined,
    frontend: boolean,
  ): Promise<void> {
    const { show } = this.#options;
    const { visitor, workbenchId } = asked;
    const path = pathOf(asked, requestedPath);
    if (visitor.kind === 'open') return redirect(asked, path);
    if (workbenchId === undefined || secret === undefined || !isTicketSecret(secret))
      return this.#refuse(asked, path, 'malformed');
    const used = await this.#use(asked, secret, workbenchId, frontend);
    if (used === 'too_many') return this.#refuseMany(asked);
    if (used.kind === 'to_confirm') return this.#askForClick(asked, used.ticket, used.workbench, path);
    const { ticket } = used;
    if (ticket === undefined) return this.#refuse(asked, path, 'unknown');
    // The ticket is used up in each of these cases.
    if (ticket.workbenchId !== workbenchId) return this.#refuse(asked, path, 'other_workbench');
    if (this.#hasExpired(ticket)) return this.#refuse(asked, path, 'expired');
    if (ticket.browser !== undefined) {
      if (!isBoundTo(asked.request.headers.cookie, ticket.browser))
        return this.#refuse(asked, path, 'other_browser');
      return this.#begin(asked, ticket, path);
    }
    if (frontend || isSession(visitor, ticket)) return this.#begin(asked, ticket, path);
    show(asked, unknownPage());
  }

  /** Whether only a click begins the session of a ticket. */
  #needsClick({ visitor, workbenchId }: OwnRequest, ticket: Ticket): boolean {
    if (ticket.workbenchId !== workbenchId || this.#hasExpired(ticket)) return false;
    return ticket.browser === undefined && !isSession(visitor, ticket);
  }

  async #mayOpen(ticket: Ticket, workbench: Workbench | undefined): Promise<boolean> {
    const { findShares, clock } = this.#options;
    const shares = needsShares(ticket, workbench) ? await findShares(ticket.workbenchId) : [];
    return mayDo(workbench && roleAt(ticket, workbench, shares, clock.now()), 'open');
  }

  /** The clock of the controller, which has created the ticket, may be behind. */
  #hasExpired({ expiresAt }: Ticket): boolean {
    return expiresAt + CLOCK_SKEW_MAX_MS <= this.#options.clock.now();
  }

  /** Uses up a ticket that needs no click, unless the client has sent too many unknown ones. */
  async #use(
    asked: OwnRequest,
    secret: string,
    workbenchId: string,
    frontend: boolean,
  ): Promise<UsedTicket | 'too_many'> {
    const { tickets, findWorkbench } = this.#options;
    const client = this.#clientOf(asked);
    if (!this.#attempts.begin(client)) return 'too_many';
    let isUnknown = false;
    try {
      // Read first: if the record cannot be read, the ticket can still be used.
      const workbench = await findWorkbench(workbenchId);
      const hash = hashTicketSecret(secret);
      const shown = frontend ? undefined : await tickets.read(hash);
      if (shown !== undefined && this.#needsClick(asked, shown)) {
        const mayOpen = await this.#mayOpen(shown, workbench);
        if (mayOpen && workbench !== undefined) return { kind: 'to_confirm', ticket: shown, workbench };
      }
      const ticket = await tickets.burn(hash);
      isUnknown = ticket === undefined;
      return { kind: 'used', ticket };
    } finally {
      if (!isUnknown) this.#attempts.forgive(client);
    }
  }

  async #askForClick(asked: OwnRequest, ticket: Ticket, workbench: Workbench, path: string): Promise<void> {
    const { seal, show, clock } = this.#options;
    const { hash, workbenchId, userId } = ticket;
    const { cookie, browser } = bindBrowser(asked.request.headers.cookie);
    const expiresAt = clock.now() + ENTER_PAGE_LIFETIME_MS;
    const page = enterPage({
      workbenchName: workbench.name,
      ownerId: workbench.userId,
      userId,
      action: `${asked.prefix}${ENTRY_PATH}`,
      fields: { c: await seal.seal('entry', { hash, workbenchId, browser }, expiresAt), p: path },
    });
    show(asked, { ...page, headers: { ...page.headers, 'set-cookie': cookie } });
  }

  async #enterConfirmed(asked: OwnRequest, sealed: string, requestedPath: string | undefined): Promise<void> {
    const { tickets, seal, show } = this.#options;
    const { request, workbenchId } = asked;
    // A script of a workbench must not click for its visitor. The page is never framed.
    if (!isSentForm(request, false)) return show(asked, noFormPage());
    const path = pathOf(asked, requestedPath);
    const { data } = z.safeParse(confirmationSchema, await seal.unseal('entry', sealed));
    if (data === undefined) return this.#refuse(asked, path, 'malformed');
    if (data.workbenchId !== workbenchId) return this.#refuse(asked, path, 'other_workbench');
    if (!isBoundTo(request.headers.cookie, data.browser)) return this.#refuse(asked, path, 'other_browser');
    const ticket = await tickets.burn(data.hash);
    if (ticket === undefined) return this.#refuse(asked, path, 'unknown');
    await this.#begin(asked, ticket, path);
  }

  async #begin(asked: OwnRequest, ticket: Ticket, path: string): Promise<void> {
    const { sessions, telemetry } = this.#options;
    // In prefix mode the session of the shared host is that of the user for all workbenches.
    const cookie =
      asked.prefix === '' ? await sessions.formatWorkbench(ticket) : await sessions.formatSignIn(ticket);
    asked.response.appendHeader('set-cookie', cookie);
    telemetry.info('a session has begun', { userId: ticket.userId, workbenchId: ticket.workbenchId });
    redirect(asked, path);
  }

  #refuse(asked: OwnRequest, path: string, reason: string): void {
    const { show, signInUrl, telemetry } = this.#options;
    telemetry.warn('a ticket was refused', { workbenchId: asked.workbenchId, reason });
    show(asked, invalidTicketPage(signInUrl(asked, path)));
  }

  #refuseMany(asked: OwnRequest): void {
    const { show, telemetry } = this.#options;
    telemetry.warn('a ticket was refused', { workbenchId: asked.workbenchId, reason: 'too_many' });
    show(asked, tooManyTicketsPage(UNKNOWN_TICKETS_WINDOW_MS / 1000));
  }

  #clientOf({ request }: OwnRequest): string {
    const destination = request.headers['sec-fetch-dest'];
    return ticketClientOf(this.#options.clientAddress(request), String(destination));
  }

  #isFrontend(origin: string | undefined): boolean {
    return origin !== undefined && this.#options.frontendOrigins.includes(origin);
  }
}

function isSession(visitor: Visitor, { userId }: Ticket): boolean {
  return visitor.kind === 'user' && visitor.userId === userId;
}

/** The path to which the browser goes: of the same origin in any case. */
function pathOf({ prefix }: OwnRequest, requested: string | undefined): string {
  return requested !== undefined && isLocalPath(requested) ? requested : `${prefix}/`;
}

/** The origin of a URL; undefined if it is none. */
function originOf(url: string | undefined): string | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : new URL(url).origin;
}
