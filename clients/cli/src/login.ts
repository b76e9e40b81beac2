import { type Command, Option } from 'commander';
import { WorkbenchClient, WorkbenchConnectionError } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { findIssuer, type IssuerFlags } from './find-issuer.ts';
import { Issuer, type Tokens } from './issuer.ts';
import { LoopbackServer } from './loopback-server.ts';
import { openBrowser } from './open-browser.ts';
import { type Output, printable } from './output.ts';
import { parseSeconds } from './parse.ts';
import type { Context } from './program.ts';

interface LoginFlags extends IssuerFlags {
  readonly device?: boolean;
  readonly timeout: number;
}

/** The tokens go to this address with each request. */
const SAFE_API = /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$))/;

/**
 * Adds `wb login` and `wb logout`.
 * @param open returns the connection and the output of a command
 */
export function addLoginCommands(
  program: Command,
  open: (command: Command, options?: { readonly ignoreSignIn?: boolean }) => Context,
): void {
  program
    .command('login')
    .description('sign in with the browser')
    .option('--device', 'sign in with a code, in a browser on any device')
    .addOption(
      new Option('--issuer <url>', 'where to sign in (default: what the server says)').env(
        'WORKBENCH_ISSUER',
      ),
    )
    .addOption(new Option('--client-id <id>', 'the public client at the issuer').env('WORKBENCH_CLIENT_ID'))
    .addOption(new Option('--scopes <scopes>', 'scopes, separated by spaces').env('WORKBENCH_SCOPES'))
    .option('--timeout <seconds>', 'end the sign-in after this time', parseSeconds, 5 * 60)
    .action(async (flags: LoginFlags, command: Command) => {
      await logIn(open(command, { ignoreSignIn: true }), flags);
    });
  program
    .command('logout')
    .description('end the sign-in')
    .action(async (_flags: unknown, command: Command) => {
      await logOut(open(command, { ignoreSignIn: true }));
    });
}

async function logIn({ api, store, output, credential }: Context, flags: LoginFlags): Promise<void> {
  if (!SAFE_API.test(api)) {
    throw new CommandError(
      EXIT_CODES.usage,
      `The API must have an https address (http on this computer only): ${api}`,
    );
  }
  const options = await findIssuer(api, flags);
  const issuer = await Issuer.discover(options);
  const tokens = await requestTokens(issuer, flags, output);
  const caller = await new WorkbenchClient({ baseUrl: api, auth: tokens.accessToken }).me();
  const { issuer: url, clientId } = options;
  await store.withLock(() => store.write({ api, issuer: url, clientId, ...tokens }));
  if (credential.kind === 'environment') {
    output.note('WORKBENCH_TOKEN is set: commands use it, and not this sign-in.');
  }
  output.result(
    { api, issuer: url, user_id: caller.user_id, expires_at: caller.expires_at },
    printable(`You are signed in as ${caller.user_id}.`),
  );
}

async function requestTokens(
  issuer: Issuer,
  { device, timeout }: LoginFlags,
  output: Output,
): Promise<Tokens> {
  const expiry = new AbortController();
  const timer = setTimeout(() => {
    expiry.abort(new CommandError(EXIT_CODES.timeout, `No sign-in within ${timeout} s.`));
  }, timeout * 1000);
  try {
    if (device === true) {
      return await issuer.signInWithDevice(({ url, code }) => {
        output.note(
          `Open this address on any device, and check that it shows the code ${printable(code)}:\n`,
        );
        output.note(`  ${printable(url)}\n`);
      }, expiry.signal);
    }
    const server = await LoopbackServer.listen();
    try {
      return await issuer.signInWithBrowser(
        server,
        (url) => {
          output.note(
            `Sign in with the browser. If none opens, open this address, or use wb login --device:\n`,
          );
          output.note(`  ${url}\n`);
          // Not awaited: the way back says that it was opened.
          void openBrowser(url);
        },
        expiry.signal,
      );
    } finally {
      server.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

async function logOut({ api, store, output }: Context): Promise<void> {
  const signIn = await store.withLock(() => {
    const found = store.read();
    store.remove();
    return found;
  });
  if (signIn === undefined) {
    return output.result({ api, signed_out: false }, 'You are not signed in.');
  }
  const { issuer, clientId, refreshToken } = signIn;
  if (refreshToken !== undefined) {
    try {
      const isRevoked = await (await Issuer.discover({ issuer, clientId, scopes: [] })).revoke(refreshToken);
      if (!isRevoked) output.note(`${issuer} cannot end sign-ins: this one ends there by itself.`);
    } catch (error) {
      if (!(error instanceof CommandError || error instanceof WorkbenchConnectionError)) throw error;
      output.note(`${printable(error.message)} The sign-in ends there by itself.`);
    }
  }
  output.result({ api, signed_out: true }, 'You are signed out.');
}
