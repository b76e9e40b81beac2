import type { Command } from 'commander';
import { CommandError, EXIT_CODES } from './exit-codes.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The options whose values the API knows, with what `wb templates --names` lists for them. */
const VALUES = { '--template': 'templates', '--size': 'sizes' } as const;

/** Returns the script that completes the commands and options of `wb` in a shell. */
export function completionScript(program: Command, shell: string): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    subcommands: command.commands.map((subcommand) => subcommand.name()),
    options: command.options.flatMap(({ long }) => long ?? []),
  }));
  const globals = program.options.flatMap(({ long }) => long ?? []);
  switch (shell) {
    case 'bash':
      return [
        '_wb() {',
        '  local current=${COMP_WORDS[COMP_CWORD]} words',
        '  case ${COMP_WORDS[COMP_CWORD-1]} in',
        ...Object.entries(VALUES).map(
          ([option, kind]) =>
            `    ${option}) COMPREPLY=($(compgen -W "$(wb templates --names ${kind} 2>/dev/null)" -- "$current")); return ;;`,
        ),
        '  esac',
        '  case ${COMP_WORDS[1]} in',
        ...commands.map(
          ({ name, subcommands, options }) =>
            `    ${name}) words="${[...subcommands, ...options, ...globals].join(' ')}" ;;`,
        ),
        `    *) words="${[...commands.map(({ name }) => name), ...globals].join(' ')}" ;;`,
        '  esac',
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        '}',
        'complete -F _wb wb',
      ].join('\n');
    case 'zsh':
      return [
        '#compdef wb',
        '_wb() {',
        '  local -a commands',
        `  commands=(${commands.map(({ name, description }) => quote(`${name}:${description}`)).join(' ')})`,
        '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
        '  case $words[CURRENT-1] in',
        ...Object.entries(VALUES).map(
          ([option, kind]) =>
            `    ${option}) compadd -- \${(f)"$(wb templates --names ${kind} 2>/dev/null)"}; return ;;`,
        ),
        '  esac',
        '  case $words[2] in',
        ...commands.map(
          ({ name, subcommands, options }) =>
            `    ${name}) compadd -- ${[...subcommands, ...options, ...globals].join(' ')} ;;`,
        ),
        '  esac',
        '}',
        'compdef _wb wb',
      ].join('\n');
    case 'fish':
      return [
        'complete -c wb -f',
        ...commands.map(
          ({ name, description }) =>
            `complete -c wb -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
        ),
        ...commands
          .filter(({ subcommands }) => subcommands.length > 0)
          .map(
            ({ name, subcommands }) =>
              `complete -c wb -n '__fish_seen_subcommand_from ${name}' -a ${quote(subcommands.join(' '))}`,
          ),
        ...commands.flatMap(({ name, options }) =>
          options.map(
            (option) =>
              `complete -c wb -n '__fish_seen_subcommand_from ${name}' -l ${option.replace(/^--/, '')}`,
          ),
        ),
        ...Object.entries(VALUES).map(
          ([option, kind]) =>
            `complete -c wb -l ${option.replace(/^--/, '')} -x -a '(wb templates --names ${kind} 2>/dev/null)'`,
        ),
      ].join('\n');
    default:
      throw new CommandError(
        EXIT_CODES.usage,
        `Completion is available for ${SHELLS.join(', ')}, not for ${shell}.`,
      );
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", '')}'`;
}
