import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { HistoryEntry, ListFilter, Workbench, WorkbenchClient } from 'workbench-client';
import { completionScript, SHELLS } from './completion.ts';
import {
  type Connection,
  type ConnectionOptions,
  DEFAULT_API,
  describeCredential,
  openConnection,
} from './connection.ts';
import { type DeleteFlags, deleteWorkbench } from './delete.ts';
import { runChecks } from './doctor.ts';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { findWorkbench } from './find-workbench.ts';
import { addLinkCommands } from './link.ts';
import { addLoginCommands } from './login.ts';
import { printLogs } from './logs.ts';
import { openBrowser } from './open-browser.ts';
import {
  createOutput,
  formatCaller,
  formatEvent,
  formatList,
  formatPreview,
  formatQuota,
  formatWorkbench,
  type Output,
  printable,
} from './output.ts';
import { collectLabel, parseLines, parseSeconds } from './parse.ts';
import { addShareCommands } from './share.ts';
import { addSweepCommand } from './sweep.ts';
import { addTemplatesCommand } from './templates.ts';
import { addUsageCommand } from './usage.ts';
import { waitWithProgress } from './wait.ts';
import {
  addWorkbenchOptions,
  type CreateFlags,
  toCreateRequest,
  toUpdateRequest,
  type UpdateFlags,
} from './workbench-flags.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

interface WaitFlags {
  readonly wait?: boolean;
  readonly timeout: number;
}

export interface Context extends Connection {
  readonly output: Output;
}

const STATUSES = [
  ...['stopped', 'starting', 'provisioning', 'pending', 'running', 'stopping', 'deleting'],
] as const satisfies readonly string[];

interface NewFlags extends CreateFlags, WaitFlags {
  readonly open?: boolean;
  readonly dryRun?: boolean;
}

interface ListFlags {
  readonly status?: NonNullable<ListFilter['status']>;
  readonly name?: string;
  readonly search?: string;
  readonly label: Readonly<Record<string, string>>;
  readonly shared?: boolean;
  readonly deleted?: boolean;
}

const EVENTS_INTERVAL_MS = 2_000;

/** Builds the command line. Results go to standard output, everything else to standard error. */
export function buildProgram(): Command {
  const program = new Command('wb')
    .description('Creates, opens, starts, stops and deletes workbenches.')
    .version(version)
    .addOption(new Option('--api <url>', 'address of the API').env('WORKBENCH_API').default(DEFAULT_API))
    .addOption(
      new Option('--user <id>', 'act for this user (default: the user of the token, or your account)').env(
        'WORKBENCH_USER',
      ),
    )
    .option('--json', 'print the result as JSON')
    .showHelpAfterError('See: wb --help')
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      'after',
      `
wb login signs you in. A key or token in the variable WORKBENCH_TOKEN takes precedence.
A name, an id or the beginning of an id selects a workbench.

Exit codes: 0 success, 1 failed, 2 wrong usage, 3 the workbench did not get the status, 4 --timeout passed, 5 no connection,
6 no such workbench, 7 not authorized, 130 interrupted.`,
    );
  const open = (command: Command, how?: { readonly ignoreSignIn?: boolean }): Context => {
    const options = command.optsWithGlobals<GlobalOptions>();
    return {
      ...openConnection(options, process.env, how),
      output: createOutput(options.json === true, process.stdout, process.stderr),
    };
  };
  const add = (name: string, description: string) => program.command(name).description(description);
  const addWait = (command: Command) =>
    command
      .option('--wait', 'wait until it is done')
      .option('--timeout <seconds>', 'end the wait after this time', parseSeconds, 20 * 60);

  addLoginCommands(program, open);

  addWorkbenchOptions(addWait(add('create', 'create a workbench and start it')), 'a label; may be repeated')
    .option('--template <name>', 'a template of the installation; the other options take precedence')
    .option('--size <name>', 'a size of the installation: see wb templates')
    .option('--instance-type <type>', 'a dedicated instance of this type')
    .option('--open', 'wait, then open it in the browser')
    .option('--dry-run', 'only show what it would cost, and what it would leave of your quota')
    .action(async (flags: NewFlags, command: Command) => {
      const context = open(command);
      if (flags.dryRun === true) {
        const preview = await context.client.previewCreate(toCreateRequest(flags));
        return context.output.result(preview, formatPreview(preview));
      }
      const created = await context.client.create(toCreateRequest(flags));
      if (flags.wait !== true && flags.open !== true) return showWorkbench(context, created);
      const running = await waitFor(context, created, 'running', flags);
      if (flags.open === true) return openWorkbench(context, running ?? created);
      showWorkbench(context, running ?? created);
    });

  addTemplatesCommand(program, open);

  addWorkbenchOptions(
    add('update <workbench>', 'change a workbench; its size only while it is stopped'),
    'a label; may be repeated. Replaces all labels',
  )
    .option('--no-schedule', 'remove the schedule')
    .action(async (nameOrId: string, flags: UpdateFlags, command: Command) => {
      const context = open(command);
      const { workbench_id: id, schedule } = await findWorkbench(context.client, nameOrId);
      showWorkbench(context, await context.client.update(id, toUpdateRequest(flags, schedule)));
    });

  add('list', 'list the workbenches')
    .addOption(new Option('--status <status>', 'those with this status').choices(STATUSES))
    .option('--name <name>', 'those with exactly this name')
    .option('--search <text>', 'those whose name, id or value of a label contains the text')
    .option('--label <key=value>', 'those with this label; may be repeated', collectLabel, {})
    .option('--shared', 'those of others that are shared with you')
    .option('--deleted', 'those that are deleted and can be restored')
    .action(async (flags: ListFlags, command: Command) => {
      const { client, output } = open(command);
      const filter = toListFilter(flags);
      const workbenches: Workbench[] = [];
      for await (const workbench of client.list({ filter })) workbenches.push(workbench);
      const isFiltered = Object.keys(filter).length > 0;
      const text =
        isFiltered && workbenches.length === 0
          ? 'No workbench matches.'
          : formatList(workbenches, Date.now(), process.stdout);
      output.result(workbenches, text);
    });

  add('show <workbench>', 'show a workbench').action(
    async (nameOrId: string, _flags: unknown, command: Command) => {
      const context = open(command);
      showWorkbench(context, await findWorkbench(context.client, nameOrId));
    },
  );

  const addChange = (
    name: 'start' | 'stop' | 'restart',
    description: string,
    target: 'running' | 'stopped',
    change: (client: WorkbenchClient, id: string) => Promise<void>,
  ) =>
    addWait(add(`${name} <workbench>`, description)).action(
      async (nameOrId: string, flags: WaitFlags, command: Command) => {
        const context = open(command);
        const found = await findWorkbench(context.client, nameOrId);
        await change(context.client, found.workbench_id);
        const reached = flags.wait === true ? await waitFor(context, found, target, flags) : undefined;
        showWorkbench(context, reached ?? (await context.client.get(found.workbench_id)));
      },
    );
  addChange('start', 'start a stopped workbench', 'running', (client, id) => client.start(id));
  addChange('stop', 'stop a workbench; its files are kept', 'stopped', (client, id) => client.stop(id));
  addChange('restart', 'stop a workbench and start it again', 'running', (client, id) => client.restart(id));

  add(
    'extend <workbench> [minutes]',
    'keep a workbench from being stopped for idleness (default: 60 minutes)',
  ).action(async (nameOrId: string, minutes: string | undefined, _flags: unknown, command: Command) => {
    const context = open(command);
    const { workbench_id: id } = await findWorkbench(context.client, nameOrId);
    showWorkbench(context, await context.client.extend(id, parseMinutes(minutes ?? '60')));
  });

  addWait(add('delete <workbench>', 'delete a workbench and all its files'))
    .option('--force', 'do not ask')
    .option('--now', 'delete the files at once, also of a deleted workbench that can be restored')
    .action(async (nameOrId: string, flags: DeleteFlags, command: Command) => {
      await deleteWorkbench(open(command), nameOrId, flags);
    });

  add('restore <workbench>', 'restore a deleted workbench with its files').action(
    async (nameOrId: string, _flags: unknown, command: Command) => {
      const context = open(command);
      const { workbench_id: id } = await findWorkbench(context.client, nameOrId, { deleted: true });
      showWorkbench(context, await context.client.restore(id));
    },
  );

  add('open <workbench>', 'open a workbench in the browser')
    .option('--print', 'print the address instead')
    .action(async (nameOrId: string, flags: { readonly print?: boolean }, command: Command) => {
      const context = open(command);
      await openWorkbench(context, await findWorkbench(context.client, nameOrId), flags.print === true);
    });

  add('events <workbench>', 'show what has happened to a workbench')
    .option('-f, --follow', 'wait for further events until Ctrl-C')
    .action(async (nameOrId: string, flags: { readonly follow?: boolean }, command: Command) => {
      const context = open(command);
      const { workbench_id: id } = await findWorkbench(context.client, nameOrId);
      await showEvents(context, id, flags.follow === true);
    });

  add('logs <workbench>', 'show what the programs of a workbench print')
    .option('-f, --follow', 'go on until the workbench has stopped, or Ctrl-C')
    .option('-n, --lines <count>', 'begin with the last lines (default: all that are kept)', parseLines)
    .action(
      async (
        nameOrId: string,
        flags: { readonly follow?: boolean; readonly lines?: number },
        command: Command,
      ) => {
        const { client, output } = open(command);
        const { workbench_id: id } = await findWorkbench(client, nameOrId);
        const { follow = false, lines } = flags;
        await printLogs({ client, output }, id, { follow, ...(lines === undefined ? {} : { lines }) });
      },
    );

  addShareCommands(program, open);
  addLinkCommands(program, open);

  addUsageCommand(program, open);

  add('whoami', 'show which API is used, and as whom').action(async (_flags: unknown, command: Command) => {
    const { client, api, credential, output } = open(command);
    const caller = await client.me();
    const used = describeCredential(credential);
    output.result({ api, ...caller, credential: credential.kind }, formatCaller(caller, api, used));
  });

  add('quota', 'show your limits, and what your workbenches use of them').action(
    async (_flags: unknown, command: Command) => {
      const { client, output } = open(command);
      const quota = await client.quota();
      output.result(quota, formatQuota(quota));
    },
  );

  addSweepCommand(program, open);

  add('doctor', 'check the connection, the clock and the authorization').action(
    async (_flags: unknown, command: Command) => {
      const context = open(command);
      const checks = await runChecks(context, () => Date.now());
      const lines = checks.map(
        ({ name, passed, detail }) => `${passed ? 'ok  ' : 'FAIL'}  ${name.padEnd(14)}${printable(detail)}`,
      );
      context.output.result(checks, lines.join('\n'));
      if (checks.some(({ passed }) => !passed)) process.exitCode = EXIT_CODES.failed;
    },
  );

  add('completion <shell>', `print the completion script for ${SHELLS.join(', ')}`).action(
    (shell: string) => {
      process.stdout.write(`${completionScript(program, shell)}\n`);
    },
  );
  return program;
}

function toListFilter({ status, name, search, label, shared, deleted }: ListFlags): ListFilter {
  const labels = Object.entries(label).map(([key, value]) => `${key}:${value}`);
  return {
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(search === undefined ? {} : { q: search }),
    ...(labels.length === 0 ? {} : { label: labels.join(',') }),
    ...(shared === undefined ? {} : { shared }),
    ...(deleted === undefined ? {} : { deleted }),
  };
}

function showWorkbench({ output }: Context, workbench: Workbench): void {
  output.result(workbench, formatWorkbench(workbench, process.stdout));
}

async function waitFor(
  { client, output }: Context,
  workbench: Workbench,
  target: 'running' | 'stopped' | 'deleted',
  { timeout }: WaitFlags,
) {
  return await waitWithProgress(client, workbench, target, { output, timeoutMs: timeout * 1000 });
}

/** The address may contain a ticket, so it is printed only when no browser took it. */
async function openWorkbench(
  { client, output }: Context,
  workbench: Workbench,
  printOnly = false,
): Promise<void> {
  const { url, expiresAt } = await client.open(workbench.workbench_id);
  if (output.json || printOnly) return output.result({ url, expires_at: expiresAt }, url);
  if (await openBrowser(url)) output.note(`Opened ${printable(workbench.workbench_name)} in the browser.`);
  else output.result({ url }, url);
}

async function showEvents({ client, output }: Context, id: string, follow: boolean): Promise<void> {
  let last = 0;
  const print = (entries: readonly HistoryEntry[]) => {
    for (const entry of entries.filter(({ seq }) => seq > last).sort((a, b) => a.seq - b.seq)) {
      output.result(entry, formatEvent(entry));
      last = entry.seq;
    }
  };
  print(await client.history(id));
  while (follow) {
    await new Promise((resolve) => setTimeout(resolve, EVENTS_INTERVAL_MS));
    print(await client.history(id));
  }
}

function parseMinutes(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new CommandError(EXIT_CODES.usage, 'The minutes must be a whole number.');
}
