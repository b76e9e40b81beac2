import * as z from 'zod/mini';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { parseLinkCode } from '#core/access/share-links.ts';
import {
  type GateAddress,
  SHARE_LINK_PATH,
  SHARE_LINK_RETURN_PATH,
  shareLinkReturnUrlOf,
  urlOfWorkbench,
} from '#core/gate/gate-host.ts';
import type { UserVisitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import { isSentForm, readField, readForm } from '#gate/form-body.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import { noFormPage } from '#gate/pages/command-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import {
  acceptedLinkPage,
  acceptLinkPage,
  linkCodePage,
  linkSignInPage,
  linkUnavailablePage,
  refusedLinkPage,
  tooManyLinksPage,
} from '#gate/pages/share-link-pages.ts';
import type { LinkResult, WorkbenchCommands } from '#gate/ports.ts';
import { COOKIES, formatCookie, formatDeletedCookie, readCookie } from '#gate/session/cookies.ts';
import type { Sealing } from '#gate/session/seal.ts';
import { TicketAttempts, ticketClientOf, UNKNOWN_TICKETS_WINDOW_MS } from '#gate/session/ticket-attempts.ts';

/** A sealed value, or the address of a link. */
const FORM_MAX_BYTES = 8 * 1024;
/** How long a user has to sign in, and how long the page waits for the click, milliseconds. */
const CODE_KEPT_MS = 10 * 60_000;
const ACCEPT_PATH = '/.wb/share/accept';
const INVALID = 'This is not the code of a link. Copy all of what follows the # in its address.';

export interface ShareLinkRoutesOptions {
  readonly commands: Pick<WorkbenchCommands, 'previewLink' | 'redeemLink'>;
  readonly seal: Sealing;
  readonly address: () => GateAddress;
  /** Returns where to sign in for a URL; undefined without a sign-in. */
  readonly signInUrl: (returnUrl: string) => string | undefined;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
  /** Returns the address of the client. */
  readonly clientAddress: (request: OwnRequest['request']) => string;
  readonly clock: Clock;
}

const codeSchema = z.object({ code: z.string() });
const formSchema = z.object({ code: z.string(), userId: z.string() });

/**
 * Redeems links, on the sign-in host. The code of a link comes behind the `#` of its address, or is entered, and is sent in forms
 * alone. A user who must sign in first has it in a cookie meanwhile. Only the click on the page that says who shares what, of the
 * user who received that page, gives the share. The API does it and records it.
 */
export class ShareLinkRoutes {
  readonly #options: ShareLinkRoutesOptions;
  readonly #attempts: TicketAttempts;

  constructor(options: ShareLinkRoutesOptions) {
    this.#options = options;
    this.#attempts = new TicketAttempts(options.clock);
  }

  get routes(): readonly OwnRoute[] {
    const own = { on: 'sign_in_host', from: 'own' } as const;
    return [
      { method: 'GET', path: SHARE_LINK_PATH, ...own, handle: async (asked) => this.#askForCode(asked) },
      { method: 'POST', path: SHARE_LINK_PATH, ...own, handle: (asked) => this.#open(asked) },
      { method: 'GET', path: SHARE_LINK_RETURN_PATH, ...own, handle: (asked) => this.#continue(asked) },
      { method: 'POST', path: ACCEPT_PATH, ...own, handle: (asked) => this.#accept(asked) },
    ];
  }

  #askForCode(asked: OwnRequest): void {
    this.#options.show(asked, linkCodePage(this.#pathOf(SHARE_LINK_PATH)));
  }

  /** A user has sent a code. */
  async #open(asked: OwnRequest): Promise<void> {
    const { show, seal, clock } = this.#options;
    const form = await this.#readForm(asked);
    if (form === undefined) return show(asked, noFormPage());
    const sent = readField(form, 'code')?.trim() ?? '';
    // Users paste the whole address as well.
    const code = sent.slice(sent.indexOf('#') + 1);
    if (parseLinkCode(code) === undefined) return show(asked, refusedLinkPage(400, INVALID));
    if (asked.visitor.kind === 'user') return this.#preview(asked, asked.visitor, code);
    const sealed = await seal.seal('share-link', { code }, clock.now() + CODE_KEPT_MS);
    asked.response.appendHeader('set-cookie', formatCookie(COOKIES.shareLink, sealed, CODE_KEPT_MS));
    this.#askForSignIn(asked);
  }

  /** The user has signed in. */
  async #continue(asked: OwnRequest): Promise<void> {
    const { seal } = this.#options;
    const { request, response, visitor } = asked;
    const sealed = readCookie(request.headers.cookie, COOKIES.shareLink);
    const content = sealed === undefined ? undefined : await seal.unseal('share-link', sealed);
    const { data } = z.safeParse(codeSchema, content);
    if (data === undefined) return this.#askForCode(asked);
    if (visitor.kind !== 'user') return this.#askForSignIn(asked);
    response.appendHeader('set-cookie', formatDeletedCookie(COOKIES.shareLink));
    await this.#preview(asked, visitor, data.code);
  }

  async #preview(asked: OwnRequest, visitor: UserVisitor, code: string): Promise<void> {
    const { show, seal, clock, commands, address } = this.#options;
    const { userId } = visitor;
    const result = await this.#send(asked, () => commands.previewLink(userId, code));
    if (result?.kind !== 'found') return show(asked, failurePage(result));
    const { link } = result;
    if (!link.gives)
      return show(asked, acceptedLinkPage(link, `${urlOfWorkbench(address(), link.workbench_id)}/`, false));
    const sealed = await seal.seal('share-link-form', { code, userId }, clock.now() + CODE_KEPT_MS);
    show(asked, acceptLinkPage({ link, userId, action: this.#pathOf(ACCEPT_PATH), sealed }));
  }

  /** The user has clicked on the page that says who shares what. */
  async #accept(asked: OwnRequest): Promise<void> {
    const { show, seal, commands, address } = this.#options;
    const { visitor } = asked;
    const form = await this.#readForm(asked);
    const sealed = form && readField(form, 'c');
    if (sealed === undefined) return show(asked, noFormPage());
    const { data } = z.safeParse(formSchema, await seal.unseal('share-link-form', sealed));
    // Another user may have signed in in this browser since.
    if (data === undefined || visitor.kind !== 'user' || visitor.userId !== data.userId)
      return show(asked, refusedLinkPage(403, 'This page is no longer valid. Open the link again.'));
    const { code, userId } = data;
    const result = await this.#send(asked, () => commands.redeemLink(userId, code));
    if (result?.kind !== 'found') return show(asked, failurePage(result));
    const url = `${urlOfWorkbench(address(), result.link.workbench_id)}/`;
    show(asked, acceptedLinkPage(result.link, url, true));
  }

  /** Returns undefined if the client has sent too many unknown codes. */
  async #send(asked: OwnRequest, send: () => Promise<LinkResult>): Promise<LinkResult | undefined> {
    const { clientAddress } = this.#options;
    const client = ticketClientOf(clientAddress(asked.request), 'document');
    if (!this.#attempts.begin(client)) return undefined;
    let isUnknown = false;
    try {
      const result = await outsideRequest(send);
      isUnknown = result.kind === 'refused' && result.status === 404;
      return result;
    } finally {
      if (!isUnknown) this.#attempts.forgive(client);
    }
  }

  async #readForm({ request }: OwnRequest): Promise<URLSearchParams | undefined> {
    // A script must not click for the user. The pages are never framed.
    return isSentForm(request, false) ? await readForm(request, FORM_MAX_BYTES) : undefined;
  }

  #askForSignIn(asked: OwnRequest): void {
    const { show, signInUrl, address } = this.#options;
    show(asked, linkSignInPage(signInUrl(shareLinkReturnUrlOf(address()))));
  }

  /** The path in the public URL. */
  #pathOf(path: string): string {
    return `${this.#options.address().path}${path}`;
  }
}

function failurePage(result: Exclude<LinkResult, { kind: 'found' }> | undefined): GatePage {
  if (result === undefined) return tooManyLinksPage(UNKNOWN_TICKETS_WINDOW_MS / 1000);
  return result.kind === 'refused' ? refusedLinkPage(result.status, result.message) : linkUnavailablePage();
}
