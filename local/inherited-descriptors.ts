import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** The bit in the `flags` of /proc/self/fdinfo that closes a descriptor in every program that the process starts. */
const CLOSE_ON_EXEC = 0o2000000;

/** Options for the memory of V8, which open no files. `npm start` sets some. */
const MEMORY_OPTION = /^--(?:max-semi-space-size|max-old-space-size|heap-growing-percent)=\d+$/;

export interface InheritedDescriptors {
  readonly closed: readonly number[];
  /** They stay open and reach the programs that this process starts. */
  readonly left: readonly number[];
}

/**
 * Closes the descriptors above 2 that this process inherited from the program that started it, so that workbenches do
 * not inherit them: terminals and service managers may leave some open. Node.js opens its own descriptors so that
 * programs do not inherit them. Other options than those for memory, and preloaded libraries, may open log files
 * otherwise, so with these nothing is closed. Finds nothing on systems without /proc: on macOS Node.js passes only what is asked for.
 */
export function closeInheritedDescriptors({
  execArgv,
  env,
}: Pick<NodeJS.Process, 'execArgv' | 'env'> = process): InheritedDescriptors {
  const inherited = listInheritable();
  const mayHaveOpenedFiles =
    execArgv.some((option) => !MEMORY_OPTION.test(option)) || env.NODE_OPTIONS || env.LD_PRELOAD;
  if (mayHaveOpenedFiles) return { closed: [], left: inherited };
  for (const descriptor of inherited) closeSync(descriptor);
  return { closed: inherited, left: [] };
}

function listInheritable(): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return names.map(Number).filter((descriptor) => descriptor > 2 && isInheritable(descriptor));
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The descriptor through which the list was read.
    return false;
  }
}
