import { type Command, InvalidArgumentError, Option } from 'commander';
import { findWorkbench } from './find-workbench.ts';
import { formatCreatedLink, formatLinks } from './output.ts';
import type { Context } from './program.ts';
import { parseTime } from './share.ts';

interface LinkFlags {
  readonly role: 'use' | 'manage';
  readonly uses: number;
  readonly until?: string;
}

/** The most uses of a link, as the API has it. */
const USES_MAX = 100;

/** Adds `wb link create|list|revoke`. @param open returns the connection and the output of a command */
export function addLinkCommands(program: Command, open: (command: Command) => Context): void {
  const link = program.command('link').description('create, list and revoke links that give shares');
  link
    .command('create <workbench>')
    .description('create a link; everybody who has it can give themselves a share')
    .addOption(
      new Option('--role <role>', 'use: open it; manage: also start and stop it')
        .choices(['use', 'manage'])
        .default('use'),
    )
    .option('--uses <count>', `how many users can redeem it, at most ${USES_MAX}`, parseUses, 1)
    .option('--until <time>', 'end of the link and of its shares, for example 2030-01-31T18:00Z', parseTime)
    .action(async (nameOrId: string, { role, uses, until }: LinkFlags, command: Command) => {
      const { client, output } = open(command);
      const { workbench_id: id } = await findWorkbench(client, nameOrId);
      const end = until === undefined ? {} : { expires_at: until };
      const created = await client.createShareLink(id, { role, uses, ...end });
      output.result(created, formatCreatedLink(created));
      if (created.url === undefined)
        output.note(
          'This installation has no page for links. A program redeems the code: POST /share-links/redeem.',
        );
      output.note('It is shown only once. Everybody who has it can redeem it.');
    });
  link
    .command('list <workbench>')
    .description('list the links of a workbench that can be redeemed')
    .action(async (nameOrId: string, _flags: unknown, command: Command) => {
      const { client, output } = open(command);
      const { workbench_id: id } = await findWorkbench(client, nameOrId);
      const links = await client.shareLinks(id);
      output.result(links, formatLinks(links));
    });
  link
    .command('revoke <workbench> <link>')
    .description('revoke a link; the shares that it gave stay')
    .option('--shares', 'also take the shares back that it gave')
    .action(
      async (nameOrId: string, linkId: string, flags: { readonly shares?: boolean }, command: Command) => {
        const { client, output } = open(command);
        const { workbench_id: id } = await findWorkbench(client, nameOrId);
        const withShares = flags.shares === true;
        await client.deleteShareLink(id, linkId, { withShares });
        const ended = withShares
          ? 'The link and the shares that it gave are revoked.'
          : 'The link is revoked.';
        output.result({ workbench_id: id, link_id: linkId, shares: withShares }, ended);
      },
    );
}

function parseUses(text: string): number {
  const uses = Number(text);
  if (Number.isInteger(uses) && uses >= 1 && uses <= USES_MAX) return uses;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${USES_MAX}.`);
}
