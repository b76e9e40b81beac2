import * as z from 'zod/mini';
import { CONSOLE_RULES, CONSOLE_SETTINGS } from '#contract/settings/console-settings.ts';
import { SETTINGS, type Settings } from '#contract/settings/function-settings.ts';
import { type Environment, parseSettings, SettingsError, type ValuesOf } from '#contract/settings/setting.ts';
import type { AuthSetting } from './access.ts';
import { type FunctionStageSettings, toEnvironment } from './function-settings.ts';
import { group, list, oneOf, text } from './setting-types.ts';
import type { StageProblem } from './stage-error.ts';

const domain = group(
  {
    name: text({
      description:
        'The host name of the console. Point it to the output `ConsoleDomain` of the stack with an alias or CNAME record.',
      expected: 'a host name in lower case such as `console.example.com`',
      pattern: /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    }),
    certificateArn: text({
      description: 'A certificate of ACM for this name. CloudFront takes it from the region us-east-1 only.',
      expected: 'the ARN of a certificate in us-east-1',
      pattern: /^arn:[a-z-]{1,20}:acm:us-east-1:\d{12}:certificate\/[\w-]{1,64}$/,
    }),
  },
  {
    description:
      'A name of your own for the console. By default it has the name that CloudFront draws, which is in the output `ConsoleUrl`.',
  },
);

const console = group(
  {
    clientId: z.optional(
      text({
        description:
          'The public client at `auth.oidc.issuer` with which people sign in at the console. Without it the console asks for a key or a token.',
        expected: '1 to 256 visible ASCII characters',
        pattern: /^[\x21-\x7e]{1,256}$/,
      }),
    ),
    scopes: z._default(
      list(
        text({
          description: 'A scope.',
          expected: 'a scope of visible ASCII characters',
          pattern: /^[\x21-\x7e]{1,128}$/,
        }),
        {
          description: 'The scopes that the console requests, of which one is `openid`.',
          expected: 'scopes',
          min: 1,
          max: 20,
        },
      ),
      ['openid'],
    ),
    issuerOrigins: z._default(
      list(
        text({
          description: 'An origin.',
          expected: 'an origin such as `https://login.example.com`',
          pattern: /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/,
        }),
        {
          description:
            'Origins of the issuer besides that of `auth.oidc.issuer`, such as that of its `token_endpoint`.',
          expected: 'origins',
          min: 0,
          max: 5,
        },
      ),
      [],
    ),
    domain: z.optional(domain),
  },
  {
    description:
      'The console, a web page for people: files in a bucket behind CloudFront, which also forwards `/api/` to the API.',
  },
);

export const consoleSetting = oneOf(
  [z.literal('none', { error: () => 'expected `none` or an object' }), console],
  { description: 'The console for people. With `none` it is not deployed.', expected: '`none` or an object' },
);

export type ConsoleSetting = z.infer<typeof consoleSetting>;
export type ConsoleStageSettings = z.infer<typeof console>;

/** Returns the address of a console with a name of its own. The name that CloudFront draws is not known before the deployment. */
export function consoleUrlOf(setting: ConsoleSetting): string | undefined {
  return setting === 'none' || setting.domain === undefined ? undefined : `https://${setting.domain.name}`;
}

/** The path of each setting in the stage file. */
const STAGE_PATHS: Readonly<Record<string, string>> = {
  WB_CONSOLE_CLIENT_ID: 'console.clientId',
  WB_CONSOLE_SCOPES: 'console.scopes',
  RESTAPI_OIDC_ISSUER: 'auth.oidc.issuer',
};

/** Returns the settings of the console that have a counterpart in the stage. */
function consoleEnvironment({ clientId, scopes, issuerOrigins }: ConsoleStageSettings): Environment {
  return {
    WB_CONSOLE_CLIENT_ID: clientId,
    WB_CONSOLE_SCOPES: scopes.join(','),
    WB_CONSOLE_ISSUER_ORIGINS: issuerOrigins.join(','),
  };
}

/** Returns the errors with which people could not sign in. */
export function checkConsole(setting: ConsoleSetting, auth: AuthSetting): readonly StageProblem[] {
  if (setting === 'none') return [];
  const { RESTAPI_OIDC_ISSUER } = SETTINGS;
  const env = { ...toEnvironment({ auth }), ...consoleEnvironment(setting) };
  try {
    parseSettings({ ...CONSOLE_SETTINGS, RESTAPI_OIDC_ISSUER }, CONSOLE_RULES, env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ name, problem }) => {
      const paths = name.split(', ').map((setting) => STAGE_PATHS[setting] ?? setting);
      return { path: paths.join(', '), problem };
    });
  }
}

/** Returns the settings as the console reads them, with those of the functions. The stage must be valid. */
export function readConsoleSettings(
  stage: FunctionStageSettings,
  setting: ConsoleStageSettings,
): Settings & ValuesOf<typeof CONSOLE_SETTINGS> {
  const env = { ...toEnvironment(stage), ...consoleEnvironment(setting) };
  return parseSettings({ ...SETTINGS, ...CONSOLE_SETTINGS }, [], env);
}
