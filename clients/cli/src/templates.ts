import { type Command, Option } from 'commander';
import type { NamedSize, Template, TemplateList } from 'workbench-client';
import { formatSize, printable } from './output.ts';
import type { Context } from './program.ts';
import { formatTable } from './table.ts';

const KINDS = ['templates', 'sizes'] as const;

/** Adds `wb templates`. @param open returns the connection and the output of a command */
export function addTemplatesCommand(program: Command, open: (command: Command) => Context): void {
  program
    .command('templates')
    .description('show the templates and sizes that wb create takes, and what they cost')
    .addOption(new Option('--names <kind>', 'for completion: only the names').choices(KINDS).hideHelp())
    .action(async ({ names }: { readonly names?: (typeof KINDS)[number] }, command: Command) => {
      const { client, output } = open(command);
      const list = await client.templates();
      if (names !== undefined) return output.result(namesOf(list[names]), namesOf(list[names]).join('\n'));
      output.result(list, formatTemplates(list));
    });
}

/** Shells expand the words of a completion, so a name with other characters than the API accepts is left out. */
function namesOf(offers: readonly (Template | NamedSize)[]): readonly string[] {
  return offers.map(({ name }) => name).filter((name) => /^[a-z0-9][a-z0-9-]*$/.test(name));
}

function formatTemplates({ templates, sizes, basis }: TemplateList): string {
  const templateRows = templates.map((template) => [
    template.name,
    formatSize(template),
    formatPrice(template),
    describeTemplate(template),
  ]);
  const sizeRows = sizes.map((size) => [size.name, formatSize(size), formatPrice(size)]);
  return [
    ...(templateRows.length === 0
      ? []
      : [formatTable([['TEMPLATE', 'SIZE', 'USD/HOUR', 'WHAT IT IS FOR'], ...templateRows], Infinity), '']),
    formatTable([['SIZE', '', 'USD/HOUR'], ...sizeRows], Infinity),
    '',
    printable(basis),
  ].join('\n');
}

function formatPrice({ per_hour_running: price }: Template | NamedSize): string {
  return price === undefined ? 'unknown' : String(price);
}

function describeTemplate({ title, description }: Template): string {
  return printable(description === undefined ? title : `${title}: ${description}`);
}
