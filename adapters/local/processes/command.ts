import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The values of a run that a command depends on. */
export interface RunContext {
  readonly port: number;
  /** Absolute path of a Unix socket on which the program may listen. The file does not exist. */
  readonly socket: string;
  /** Absolute path of the folder with the workbench's files. */
  readonly folder: string;
  /** Absolute path of a folder for the program's own files. It is deleted with the workbench. */
  readonly privateFolder: string;
  /** The path of the workbench's URL. It begins and ends with a slash. */
  readonly basePath: string;
}

/**
 * The program that runs as a workbench. A boot command listens on its socket or on its port. The others listen on their socket
 * only: every program on the computer, and with DNS rebinding every web page, can connect to a port.
 */
export interface WorkbenchCommand {
  readonly kind: 'boot command' | 'code-server' | 'jupyter' | 'page';
  /** Absolute path of the program. */
  readonly file: string;
  args(run: RunContext): readonly string[];
  /** Environment variables in addition to those of every workbench. */
  environment?(run: RunContext): Readonly<Record<string, string>>;
  /** Files that are written to the private folder if they do not exist: relative path → content. */
  readonly initialFiles?: Readonly<Record<string, string>>;
  /** Whether the program serves its pages below the base path only. @default false */
  readonly expectsBasePath?: boolean;
}

/** The known programs in order of preference. The last one is always available. */
export const IDES = ['code-server', 'jupyter', 'page'] as const;

export interface CommandSearch {
  /** WB_BOOT_COMMAND: a script for `sh -c`. Absent or empty: none. */
  readonly bootCommand?: string | undefined;
  /** Whether the boot command serves its pages below the base path only. @default false */
  readonly keepPrefix?: boolean;
  /** Allows only this IDE. @default the first of IDES that is found */
  readonly ide?: (typeof IDES)[number] | undefined;
  /** Returns the absolute path of a program on PATH, or undefined when there is none. */
  readonly find: (program: string) => string | undefined;
  /** The Node.js that runs this server. */
  readonly node: string;
  /** Absolute path of the built-in page's server. */
  readonly page: string;
}

/** The configured IDE is not installed. */
export class IdeNotFound extends Error {
  constructor(ide: string) {
    super(`${ide} was not found on PATH. Install it, or unset WB_LOCAL_IDE.`);
    this.name = 'IdeNotFound';
  }
}

/**
 * Chooses the program of workbenches: the boot command, code-server, Jupyter, or the built-in page.
 * @throws IdeNotFound when the IDE in `ide` is not installed
 */
export function chooseCommand({
  bootCommand,
  keepPrefix = false,
  ide,
  find,
  node,
  page,
}: CommandSearch): WorkbenchCommand {
  if (bootCommand !== undefined && bootCommand.trim() !== '') {
    return {
      kind: 'boot command',
      file: '/bin/sh',
      args: () => ['-c', bootCommand],
      expectsBasePath: keepPrefix,
    };
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
    args: ({ socket, folder, privateFolder }) => [
      ...['--auth', 'none', '--socket', socket, '--socket-mode', '600'],
      ...['--config', join(privateFolder, 'code-server.yaml')],
      ...['--user-data-dir', join(privateFolder, 'code-server')],
      ...['--disable-telemetry', '--disable-update-check', folder],
    ],
    initialFiles: {
      // With an empty file here, code-server neither writes nor reads the one in the home folder.
      'code-server.yaml': '{}\n',
      'code-server/User/settings.json': `${JSON.stringify(CODE_SERVER_SETTINGS, null, 2)}\n`,
    },
  };
}

const CODE_SERVER_SETTINGS = {
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.startupEditor': 'none',
  // The secondary side bar is empty without the chat.
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // The terminal is rendered as text, which screen readers and tests can read.
  'terminal.integrated.gpuAcceleration': 'off',
};

function jupyterCommand(file: string): WorkbenchCommand {
  const section = file.endsWith('jupyter-lab') ? 'ServerApp' : 'NotebookApp';
  return {
    kind: 'jupyter',
    file,
    args: ({ socket, folder, basePath }) => [
      ...['--no-browser', `--${section}.sock=${socket}`, `--${section}.sock_mode=0600`],
      ...[`--${section}.base_url=${basePath}`, `--${section}.token=`, `--${section}.password=`],
      // Otherwise it refuses host names other than localhost. Only the proxy reaches the socket, and it checks the Host header.
      `--${section}.allow_remote_access=True`,
      // In a container the only user may be root.
      ...['--allow-root', folder],
    ],
    environment: ({ privateFolder }) => ({
      JUPYTER_CONFIG_DIR: join(privateFolder, 'jupyter', 'config'),
      JUPYTER_DATA_DIR: join(privateFolder, 'jupyter', 'data'),
      JUPYTER_RUNTIME_DIR: join(privateFolder, 'jupyter', 'runtime'),
      IPYTHONDIR: join(privateFolder, 'jupyter', 'ipython'),
    }),
    // The pages of Jupyter contain absolute paths.
    expectsBasePath: true,
  };
}

const PROGRAMS = {
  'code-server': [codeServerCommand, ['code-server']],
  jupyter: [jupyterCommand, ['jupyter-lab', 'jupyter-notebook']],
} as const;

/** Searches for a program as a shell does, in the absolute folders of PATH only. */
export function findOnPath(program: string, path: string | undefined): string | undefined {
  for (const folder of (path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // The program is not in this folder.
    }
  }
  return undefined;
}
