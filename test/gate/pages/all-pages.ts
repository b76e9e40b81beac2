import { commandUnavailablePage, noFormPage, refusedPage } from '#gate/pages/command-pages.ts';
import {
  cookiesTooLargePage,
  foreignOriginPage,
  indexPage,
  otherHostPage,
  tooLargePage,
  tooLongUrlPage,
  unknownPage,
  unreadablePage,
} from '#gate/pages/fault-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { idleStopPage } from '#gate/pages/idle-stop-page.ts';
import {
  acceptedLinkPage,
  acceptLinkPage,
  linkCodePage,
  linkSignInPage,
  linkUnavailablePage,
  refusedLinkPage,
  tooManyLinksPage,
} from '#gate/pages/share-link-pages.ts';
import {
  accountPage,
  enterPage,
  invalidTicketPage,
  issuerUnavailablePage,
  noAccountPage,
  secretPage,
  signedOutPage,
  signInFailedPage,
  signInPage,
  signingInPage,
  tooManyTicketsPage,
} from '#gate/pages/sign-in-pages.ts';
import {
  changedAddressPage,
  invalidResponsePage,
  notRunningPage,
  startRequestedPage,
  tooManyRequestsPage,
  unresponsivePage,
} from '#gate/pages/workbench-pages.ts';
import {
  deleting,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

/** Every page of the gate, with this text in the place of all that users and other programs choose. */
export function allPages(text: string): Readonly<Record<string, GatePage>> {
  const reason = { code: 'exited', message: text } as const;
  const address = { prefix: '', path: `/${text}` };
  const options = { now: T0, mayStart: true, mayStop: true, address };
  const fields = { t: text, p: text };
  const url = `https://gate.example/.wb/login?rd=${text}`;
  const session = { userId: text, signedInAt: T0, endsAt: T0, prefix: '', formTargets: [] };
  const link = {
    ...{ workbench_id: text, workbench_name: text, owner_id: text, shared_by: text, gives: true },
    ...{ role: 'manage' as const, expires_at: new Date(T0).toISOString(), public_endpoint: text },
  };
  return {
    index: indexPage(),
    unknown: unknownPage(),
    other_host: otherHostPage(),
    foreign_origin: foreignOriginPage(),
    too_large: tooLargePage(),
    cookies_too_large: cookiesTooLargePage(),
    too_long_url: tooLongUrlPage(),
    unreadable: unreadablePage(),
    stopped: notRunningPage(stopped({ name: text, reason, stoppedAt: T0 }), options),
    stopped_of_another: notRunningPage(stopped({ name: text }), { ...options, mayStart: false }),
    starting: notRunningPage(starting({ name: text }), options),
    provisioning: notRunningPage(provisioning({ name: text, detail: text }), options),
    pending: notRunningPage(pending({ name: text, detail: text }), options),
    running: notRunningPage(running({ name: text }), options),
    stopping: notRunningPage(stopping({ name: text, reason }), options),
    deleting: notRunningPage(deleting({ name: text }), options),
    start_requested: startRequestedPage({ name: text }),
    unresponsive: unresponsivePage(),
    unresponsive_with_stop: unresponsivePage(address),
    too_many_requests: tooManyRequestsPage('workbench'),
    too_many_requests_of_user: tooManyRequestsPage('user'),
    changed_address: changedAddressPage(),
    start_refused: refusedPage('start', `/${text}`, { status: 429, message: `${text}.` }),
    stop_refused: refusedPage('stop', `/${text}`, { status: 409, message: `${text}.` }),
    command_unavailable: commandUnavailablePage('start', `/${text}`),
    no_form: noFormPage(),
    invalid_response: invalidResponsePage(),
    sign_in: signInPage(url),
    sign_in_by_ticket: signInPage(),
    signing_in: signingInPage(url),
    sign_in_failed: signInFailedPage(url),
    sign_in_failed_without_address: signInFailedPage(),
    issuer_unavailable: issuerUnavailablePage(),
    invalid_ticket: invalidTicketPage(url),
    invalid_ticket_without_sign_in: invalidTicketPage(),
    too_many_tickets: tooManyTicketsPage(60),
    enter: enterPage({ workbenchName: text, ownerId: text, userId: text, action: '/.wb/enter', fields }),
    link_code: linkCodePage('/.wb/share'),
    link_sign_in: linkSignInPage(url),
    link_without_sign_in: linkSignInPage(undefined),
    accept_link: acceptLinkPage({ link, userId: text, action: '/.wb/share/accept', sealed: text }),
    accept_link_without_end: acceptLinkPage({
      ...{ link: { ...link, expires_at: undefined }, userId: text },
      ...{ action: '/.wb/share/accept', sealed: text },
    }),
    accepted_link: acceptedLinkPage(link, `https://gate.example/${text}`, true),
    needless_link: acceptedLinkPage(link, `https://gate.example/${text}`, false),
    refused_link: refusedLinkPage(404, `X${text}.`),
    link_unavailable: linkUnavailablePage(),
    too_many_links: tooManyLinksPage(60),
    secret: secretPage({ action: '/.wb/secret', fields, formTargets: [], failed: false }),
    wrong_secret: secretPage({ action: '/.wb/secret', fields, formTargets: [], failed: true }),
    account: accountPage({ ...session, workbenchId: undefined, endsUnused: true }),
    account_of_workbench: accountPage({ ...session, workbenchId: text, endsUnused: false }),
    no_account: noAccountPage(url),
    no_account_without_address: noAccountPage(),
    unknown_to_user: { ...unknownPage(), account: { userId: text, path: '/.wb/account' } },
    signed_out: signedOutPage(url),
    idle_stop: idleStopPage('https://console.example.com'),
    idle_stop_without_console: idleStopPage(undefined),
    stopped_as_idle: notRunningPage(stopped({ reason: { code: 'idle', message: text } }), options),
    signed_out_without_sign_in: signedOutPage(),
  };
}
