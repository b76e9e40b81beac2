import type { CommandResult } from '#gate/ports.ts';
import { type GatePage, html } from './gate-page.ts';

/** The pages for a Start or Stop that was not carried out. */

export type Command = 'start' | 'stop';

/**
 * @param back the path that the user asked for
 * @param refusal its message says what is wrong and what to do
 */
export function refusedPage(
  command: Command,
  back: string,
  { status, message }: Omit<Extract<CommandResult, { kind: 'refused' }>, 'kind'>,
): GatePage {
  const heading = command === 'start' ? 'The workbench was not started' : 'The workbench was not stopped';
  return {
    status,
    title: heading,
    heading,
    body: html`<p role="alert">${message}</p>
<p><a href="${back}">Back to the workbench</a></p>`,
    json: { message },
  };
}

/** The page for a visitor who may open the workbench, but not give the command. */
export function roleInsufficientPage(command: Command, back: string): GatePage {
  const message = `The workbench is shared with you in a role that may not ${command} it. Ask its owner.`;
  return refusedPage(command, back, { status: 403, message });
}

/** The page when the API did not respond. The command may have had its effect. */
export function commandUnavailablePage(command: Command, back: string): GatePage {
  return {
    status: 503,
    title: 'The controller does not respond',
    heading: 'The controller does not respond',
    body: html`<p role="alert">It is not known whether the workbench will ${command}.</p>
<p><a href="${back}">Go back to the workbench</a> to see its status. Then repeat what you wanted to do, or tell your administrator if this lasts.</p>`,
    json: { message: 'The controller does not respond.' },
    headers: { 'retry-after': '5' },
  };
}

/** The page for a request that no form of a page sent. */
export function noFormPage(): GatePage {
  return {
    status: 400,
    title: 'Not a form',
    heading: 'Not a form',
    body: html`<p>Only the buttons on these pages start and stop workbenches and sign users out. Programs use the API.</p>
<p>If you have clicked a button, open the address of the workbench in a tab of its own and repeat it there.</p>`,
    json: {
      message:
        'Only the forms of the pages start and stop workbenches and sign users out. Programs use the API.',
    },
  };
}
