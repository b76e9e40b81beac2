import type { ServerResponse } from 'node:http';
import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { mayDo } from '#core/access/rights.ts';
import type { GateDecision } from '#core/gate/decide-request.ts';
import { isLocalPath } from '#core/gate/gate-host.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { decideOwnRequest } from './decide-own-request.ts';
import { isSentForm, readField, readForm } from './form-body.ts';
import type { OwnRequest, OwnRoute } from './own-route.ts';
import {
  type Command,
  commandUnavailablePage,
  noFormPage,
  refusedPage,
  roleInsufficientPage,
} from './pages/command-pages.ts';
import { unknownPage, unreadablePage } from './pages/fault-pages.ts';
import type { GatePage } from './pages/gate-page.ts';
import type { PageRenderer } from './pages/page-renderer.ts';
import { respond } from './pages/responses.ts';
import { signInPage } from './pages/sign-in-pages.ts';
import type { GatePorts } from './ports.ts';
import type { WorkbenchShares } from './workbench-shares.ts';

export interface CommandRoutesOptions {
  readonly workbenches: GatePorts['workbenches'];
  readonly shares: Pick<WorkbenchShares, 'find'>;
  readonly commands: Pick<GatePorts['commands'], Command>;
  readonly pages: PageRenderer;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** More than the longest path to go back to, with each character written as three. */
const FORM_MAX_BYTES = 8 * 1024;

/** The forms that start and stop a workbench: `POST /.wb/start` and `POST /.wb/stop`. */
export function commandRoutes(options: CommandRoutesOptions): readonly OwnRoute[] {
  const route = (command: Command): OwnRoute => ({
    method: 'POST',
    path: `/.wb/${command}`,
    on: 'any',
    from: 'own',
    handle: (asked) => handleCommand(command, asked, options),
  });
  return [route('start'), route('stop')];
}

async function handleCommand(
  command: Command,
  asked: OwnRequest,
  options: CommandRoutesOptions,
): Promise<void> {
  const { request, response } = asked;
  const form = isSentForm(request, options.pages.mayBeFramed)
    ? await readForm(request, FORM_MAX_BYTES)
    : undefined;
  if (form === undefined) {
    respond(request, response, noFormPage(), options.pages);
    return;
  }
  const back = toBackPath(readField(form, 'back'), asked.prefix);
  const page = await execute(command, back, asked, options);
  if (page === undefined) redirect(response, back);
  else respond(request, response, page, options.pages);
}

/** Returns undefined if the command was accepted, otherwise the response. */
async function execute(
  command: Command,
  back: string,
  { workbenchId, visitor }: OwnRequest,
  { workbenches, shares, commands, clock, telemetry }: CommandRoutesOptions,
): Promise<GatePage | undefined> {
  if (workbenchId === undefined) return unknownPage();
  const find = async (id: string) => {
    const key = await workbenches.findByWorkbenchId(id);
    return key === undefined ? undefined : workbenches.read(key);
  };
  const { decision, found } = await decideOwnRequest(
    { workbenchId, visitor },
    { find, shares, clock, telemetry },
  );
  const refusal = presentRefusal(command, decision, back);
  if (refusal !== undefined) return refusal;
  if (found === undefined || found === 'unreadable') return unreadablePage();
  const { userId } = found;
  const result = await outsideRequest(() => commands[command](userId, workbenchId));
  switch (result.kind) {
    case 'accepted':
      return undefined;
    case 'refused':
      return result.status === 404 ? unknownPage() : refusedPage(command, back, result);
    case 'unavailable':
      return commandUnavailablePage(command, back);
  }
}

/** Returns undefined if the visitor may give the command. */
function presentRefusal(command: Command, decision: GateDecision, back: string): GatePage | undefined {
  switch (decision.kind) {
    case 'forward':
    case 'not_running':
      return mayDo(decision.role, command) ? undefined : roleInsufficientPage(command, back);
    case 'sign_in':
      // Without a session, the path leads to the sign-in.
      return signInPage(back);
    case 'unreadable':
      return unreadablePage();
    default:
      return unknownPage();
  }
}

/** The path that the form names, if it is one of this workbench, otherwise the first page of the workbench. */
function toBackPath(back: string | undefined, prefix: string): string {
  const first = `${prefix}/`;
  return back !== undefined && isLocalPath(back) && back.startsWith(first) ? back : first;
}

/** The browser requests the path with GET, so that a reload does not send the form again. */
function redirect(response: ServerResponse, location: string): void {
  response
    .writeHead(303, {
      location,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-length': 0,
    })
    .end();
}
