import { type Command, InvalidArgumentError, Option } from 'commander';
import { findWorkbench } from './find-workbench.ts';
import { formatShares, printable } from './output.ts';
import type { Context } from './program.ts';

interface ShareFlags {
  readonly role: 'use' | 'manage';
  readonly until?: string;
}

/** Adds `wb share list|add|remove`. @param open returns the connection and the output of a command */
export function addShareCommands(program: Command, open: (command: Command) => Context): void {
  const share = program.command('share').description('list, add and remove shares of a workbench');
  share
    .command('list <workbench>')
    .description('list with whom a workbench is shared')
    .action(async (nameOrId: string, _flags: unknown, command: Command) => {
      const { client, output } = open(command);
      const { workbench_id: id } = await findWorkbench(client, nameOrId);
      const shares = await client.shares(id);
      output.result(shares, formatShares(shares));
    });
  share
    .command('add <workbench> <grantee>')
    .description('share with user:<id>, group:<name> or organisation; a bare name is a user')
    .addOption(
      new Option('--role <role>', 'use: open it; manage: also start and stop it')
        .choices(['use', 'manage'])
        .default('use'),
    )
    .option('--until <time>', 'end of the share, for example 2030-01-31T18:00Z', parseTime)
    .action(async (nameOrId: string, grantee: string, flags: ShareFlags, command: Command) => {
      const { client, output } = open(command);
      const { workbench_id: id } = await findWorkbench(client, nameOrId);
      const until = flags.until === undefined ? {} : { expires_at: flags.until };
      const added = await client.setShare(id, toGrantee(grantee), { role: flags.role, ...until });
      output.result(added, formatShares([added]));
    });
  share
    .command('remove <workbench> <grantee>')
    .description('take a share back')
    .action(async (nameOrId: string, grantee: string, _flags: unknown, command: Command) => {
      const { client, output } = open(command);
      const { workbench_id: id, workbench_name: name } = await findWorkbench(client, nameOrId);
      await client.deleteShare(id, toGrantee(grantee));
      const removed = { workbench_id: id, grantee: toGrantee(grantee) };
      output.result(removed, printable(`${name} is not shared with ${removed.grantee} any more.`));
    });
}

function toGrantee(text: string): string {
  return text === 'organisation' || /^(user|group):/.test(text) ? text : `user:${text}`;
}

export function parseTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time such as 2030-01-31T18:00Z.');
  return new Date(time).toISOString();
}
