import type { IncomingMessage } from 'node:http';
import { type ActingRole, mayDo } from '#core/access/rights.ts';
import type { ForwardDecision, GateDecision } from '#core/gate/decide-request.ts';
import { isLocalPath } from '#core/gate/gate-host.ts';
import type { Visitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { ACCOUNT_PATH, type OwnRoutes } from './own-route.ts';
import { foreignOriginPage, unknownPage, unreadablePage } from './pages/fault-pages.ts';
import type { GatePage, WorkbenchAddress } from './pages/gate-page.ts';
import { signInPage, signingInPage } from './pages/sign-in-pages.ts';
import { notRunningPage, unresponsivePage } from './pages/workbench-pages.ts';
import { bindBrowser } from './session/browser-binding.ts';
import type { UsualStarts } from './usual-starts.ts';
import type { VisitStart } from './visit-start.ts';
import { isNavigation, type WorkbenchTarget } from './workbench-addresses.ts';

/** A decision to which the gate itself responds. */
export type RefusalDecision = Exclude<GateDecision, ForwardDecision>;

/**
 * Returns the URL at which a user signs in who wants to open this URL.
 * @param browser the binding of the browser on the host of the workbench, if the sign-in ends with a ticket
 */
export type SignInUrl = (returnUrl: string, browser?: string) => string;

export interface DecisionPresenterOptions {
  readonly ownRoutes: Pick<OwnRoutes, 'has'>;
  readonly clock: Clock;
  /** Present if the visit of a person starts a stopped workbench. */
  readonly visitStart?: VisitStart;
  /** @default unknown */
  readonly usualStarts?: Pick<UsualStarts, 'find'>;
  /** Absent if only tickets admit. */
  readonly signInUrl?: SignInUrl;
}

/** What was asked. */
export interface PresentedRequest {
  /** The public origin of the address. */
  readonly origin: string;
  readonly target: WorkbenchTarget;
  readonly visitor: Visitor | 'unreadable';
}

/** Turns decisions into the responses of the gate. */
export class DecisionPresenter {
  readonly #options: DecisionPresenterOptions;

  constructor(options: DecisionPresenterOptions) {
    this.#options = options;
  }

  async present(
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    decision: RefusalDecision,
    asked: PresentedRequest,
  ): Promise<GatePage> {
    switch (decision.kind) {
      case 'sign_in':
        return this.#presentSignIn(request, asked);
      case 'foreign_origin':
        return foreignOriginPage();
      case 'unknown':
        return this.#addAccount(unknownPage(), asked);
      case 'not_running':
        return this.#addAccount(
          (await this.#options.visitStart?.startFor(request, decision, addressOf(asked.target).path)) ??
            this.#presentNotRunning(decision.workbench, decision.role, asked),
          asked,
        );
      case 'unreadable':
        return unreadablePage();
    }
  }

  /** Returns the page of a running workbench that does not respond. */
  presentUnresponsive(asked: PresentedRequest, { role }: Pick<ForwardDecision, 'role'>): GatePage {
    const mayStop = mayDo(role, 'stop') && this.#options.ownRoutes.has('/.wb/stop');
    const stop = mayStop ? addressOf(asked.target) : undefined;
    return this.#addAccount(unresponsivePage(stop), asked);
  }

  /** Adds who is signed in. A user who is signed in as another one than intended sees it on the page of an unknown workbench. */
  #addAccount(page: GatePage, { visitor, target }: PresentedRequest): GatePage {
    if (visitor === 'unreadable' || visitor.kind !== 'user' || !this.#options.ownRoutes.has(ACCOUNT_PATH))
      return page;
    return { ...page, account: { userId: visitor.userId, path: `${target.prefix}${ACCOUNT_PATH}` } };
  }

  #presentSignIn(
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    { origin, target }: PresentedRequest,
  ): GatePage {
    const { signInUrl } = this.#options;
    if (signInUrl === undefined) return signInPage();
    const { prefix, rest } = target;
    // Only a page can be returned to: not the address of a form, nor one that leads elsewhere as a redirect.
    const isPage = isNavigation(request) && isLocalPath(`${prefix}${rest}`);
    const returnUrl = `${origin}${prefix}${isPage ? rest : '/'}`;
    if (!isNavigation(request)) return signInPage(signInUrl(returnUrl));
    // Below a prefix the sign-in host itself has the session, and no ticket comes back.
    if (prefix !== '') return signingInPage(signInUrl(returnUrl));
    const { cookie, browser } = bindBrowser(request.headers.cookie);
    const page = signingInPage(signInUrl(returnUrl, browser));
    return { ...page, headers: { ...page.headers, 'set-cookie': cookie } };
  }

  #presentNotRunning(workbench: Workbench, role: ActingRole, { target }: PresentedRequest): GatePage {
    const { ownRoutes, clock, usualStarts } = this.#options;
    return notRunningPage(workbench, {
      now: clock.now(),
      mayStart: mayDo(role, 'start') && ownRoutes.has('/.wb/start'),
      mayStop: mayDo(role, 'stop') && ownRoutes.has('/.wb/stop'),
      address: addressOf(target),
      usualStart: usualStarts?.find(workbench),
    });
  }
}

function addressOf({ prefix, rest }: WorkbenchTarget): WorkbenchAddress {
  return { prefix, path: `${prefix}${rest}` };
}
