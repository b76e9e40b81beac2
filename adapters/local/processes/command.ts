import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where one run takes place. */
export interface RunContext {
  readonly port: number;
  /** The folder of the workbench's files, absolute. */
  readonly folder: string;
  /** A folder for what the program keeps for itself, absolute; it goes when the workbench's files go. */
  readonly privateFolder: string;
  /** The path under which people reach the workbench: begins and ends with a slash. */
  readonly basePath: string;
}

/** What is run as a workbench. */
export interface WorkbenchCommand {
  readonly kind: 'boot command' | 'code-server' | 'jupyter' | 'page';
  /** Absolute path of the program. */
  readonly file: string;
  args(run: RunContext): readonly string[];
  /** Variables beside those that every workbench has. */
  environment?(run: RunContext): Readonly<Record<string, string>>;
  /** Files to write into the private folder unless they are there: relative path → content. */
  readonly initialFiles?: Readonly<Record<string, string>>;
  /** It expects requests with the base path in front, and is not found without. @default false */
  readonly expectsBasePath?: boolean;
}

/** The programs that a workbench can be, best first. The last is always there. */
export const IDES = ['code-server', 'jupyter', 'page'] as const;

export interface CommandSearch {
  /** WB_BOOT_COMMAND, for `sh -c`; absent or empty: none. */
  readonly bootCommand?: string | undefined;
  /** This one and no other. @default the first of IDES that is found */
  readonly ide?: (typeof IDES)[number] | undefined;
  /** The absolute path of a program on PATH; undefined when there is none. */
  readonly find: (program: string) => string | undefined;
  /** The Node.js that runs this server. */
  readonly node: string;
  /** The built-in page's server, absolute. */
  readonly page: string;
}

/** The IDE that was asked for is not there. */
export class IdeNotFound extends Error {
  constructor(ide: string) {
    super(`${ide} is not found on PATH. Install it, or unset WB_LOCAL_IDE.`);
    this.name = 'IdeNotFound';
  }
}

/**
 * Chooses what is run as a workbench: the boot command, code-server, Jupyter, or the built-in page.
 * @throws IdeNotFound when `ide` names one that is not there
 */
export function chooseCommand(facts: CommandSearch): WorkbenchCommand {
  const { bootCommand, ide, find, node, page } = facts;
  if (bootCommand !== undefined && bootCommand.trim() !== '') {
    return { kind: 'boot command', file: '/bin/sh', args: () => ['-c', bootCommand] };
  }
  for (const candidate of ide === undefined ? IDES : [ide]) {
    if (candidate === 'page') return { kind: 'page', file: node, args: () => [page] };
    const [build, names] = PROGRAMS[candidate];
    const file = names.map(find).find((found) => found !== undefined);
    if (file !== undefined) return build(file);
  }
  throw new IdeNotFound(ide ?? '');
}

function codeServerCommand(file: string): WorkbenchCommand {
  return {
    kind: 'code-server',
    file,
    args: ({ port, folder, privateFolder }) => [
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--config', join(privateFolder, 'code-server.yaml')],
      ...['--user-data-dir', join(privateFolder, 'code-server')],
      ...['--disable-telemetry', '--disable-update-check', folder],
    ],
    initialFiles: {
      // An empty one keeps it from writing, and reading, the one in the home folder.
      'code-server.yaml': '{}\n',
      'code-server/User/settings.json': `${JSON.stringify(CODE_SERVER_SETTINGS, null, 2)}\n`,
    },
  };
}

const CODE_SERVER_SETTINGS = {
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.startupEditor': 'none',
  // Without the chat there is nothing in it.
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // Drawn as text, which screen readers and tests can read.
  'terminal.integrated.gpuAcceleration': 'off',
};

function jupyterCommand(file: string): WorkbenchCommand {
  const section = file.endsWith('jupyter-lab') ? 'ServerApp' : 'NotebookApp';
  return {
    kind: 'jupyter',
    file,
    args: ({ port, folder, basePath }) => [
      ...['--no-browser', '--ip=127.0.0.1', `--port=${port}`, `--${section}.port_retries=0`],
      ...[`--${section}.base_url=${basePath}`, `--${section}.token=`, `--${section}.password=`],
      // Inside a container the only user there is may be root.
      ...['--allow-root', folder],
    ],
    environment: ({ privateFolder }) => ({
      JUPYTER_CONFIG_DIR: join(privateFolder, 'jupyter', 'config'),
      JUPYTER_DATA_DIR: join(privateFolder, 'jupyter', 'data'),
      JUPYTER_RUNTIME_DIR: join(privateFolder, 'jupyter', 'runtime'),
      IPYTHONDIR: join(privateFolder, 'jupyter', 'ipython'),
    }),
    // Its pages name their own absolute paths.
    expectsBasePath: true,
  };
}

const PROGRAMS = {
  'code-server': [codeServerCommand, ['code-server']],
  jupyter: [jupyterCommand, ['jupyter-lab', 'jupyter-notebook']],
} as const;

/** Looks a program up as a shell does, absolute entries of PATH only. */
export function findOnPath(program: string, path: string | undefined): string | undefined {
  for (const folder of (path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
