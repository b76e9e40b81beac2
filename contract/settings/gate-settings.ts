import { type Environment, parseSettings, type ValuesOf } from './setting.ts';
import { choice, list, text, url } from './setting-kinds.ts';
import { SIGN_IN_RULES, SIGN_IN_SETTINGS } from './sign-in-settings.ts';

/** The settings of the gate, locally and on AWS. docs/settings.md lists them. */

const GATE = ['gate'];

const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/;

export const GATE_SETTINGS = {
  WB_GATE_NAME: text({
    description: 'The name of the installation on the pages of the gate.',
    expected: '1 to 64 characters without control characters',
    maxLength: 64,
    pattern: /^\P{Cc}+$/u,
    default: 'Workbenches',
    readBy: GATE,
  }),
  WB_GATE_COLOR: text({
    description:
      'The color of the bar and of the buttons on the pages of the gate. The text on it is black or white, the one with the higher contrast.',
    expected: 'a color written `#rrggbb`',
    maxLength: 7,
    pattern: /^#[0-9a-fA-F]{6}$/,
    default: '#1f5f8b',
    readBy: GATE,
  }),
  WB_GATE_FRAME_ANCESTORS: list({
    description:
      'The origins whose pages may show the pages of the gate in a frame: those of frontends that embed workbenches. With a sign-in, the gate refuses to show a workbench in a frame of another host if there are none. The pages on which a click signs a user in are never shown in frames.',
    pattern: ORIGIN,
    expectedItem: 'origins such as `https://app.example.com`',
    maxItems: 20,
    readBy: GATE,
  }),
  ...SIGN_IN_SETTINGS,
  WB_GATE_AUTO_START: choice({
    description:
      'The value `visit` starts a stopped workbench when its owner follows a link, a bookmark or an address to it. By default only the button on its page starts it. Polls, WebSockets, frames, prefetches and pages that reload never start one. Browsers that do not send `Sec-Fetch-User`, such as Safari, show the button.',
    values: ['visit'],
    readBy: GATE,
  }),
  WB_GATE_STOP_NOTICE: choice({
    description:
      'Whether pages of workbenches show a notice from ten minutes before the workbench is stopped. The gate adds a script of its own to HTML documents that browsers open in a tab. With `off` it changes no document.',
    values: ['on', 'off'],
    default: 'on',
    readBy: GATE,
  }),
  WB_GATE_CONSOLE_URL: url({
    description:
      'The address of the console, for links on the pages of the gate and in the notice before a stop. Without it local mode has the address at which it serves the console itself, except with `PORT=0`.',
    plain: true,
    readBy: GATE,
  }),
};

export type GateSettingValues = ValuesOf<typeof GATE_SETTINGS>;

/** @throws SettingsError with every invalid setting */
export function readGateSettings(env: Environment): GateSettingValues {
  return parseSettings(GATE_SETTINGS, SIGN_IN_RULES, env);
}
