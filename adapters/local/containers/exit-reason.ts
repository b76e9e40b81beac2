import type { TaskStop } from '../tasks/task-record.ts';
import type { SeenContainer } from './engine.ts';

export interface EndingFacts {
  readonly seen: Pick<SeenContainer, 'exitCode' | 'outOfMemory'>;
  /** The kernel's log says so. */
  readonly kernelEndedIt: boolean;
  /** What it was allowed. */
  readonly memoryMib: number;
  /** Where its output is kept, for people. */
  readonly outputName: string;
}

/** 128 and the number of SIGKILL: what a shell, an init and an engine make of a process that got it. */
const EXIT_CODE_SIGKILL = 137;

/** Why a container ended that nobody had asked to. */
export function endingOf({ seen, kernelEndedIt, memoryMib, outputName }: EndingFacts): TaskStop {
  const { exitCode, outOfMemory } = seen;
  const where = `Its output is in ${outputName}.`;
  if (outOfMemory || kernelEndedIt) {
    const message = `It used more memory than the ${memoryMib} MiB it has and was ended. ${where}`;
    return { code: 'out_of_memory', message };
  }
  const how =
    exitCode === EXIT_CODE_SIGKILL
      ? 'by SIGKILL (exit code 137), as by want of memory or by hand'
      : `with exit code ${exitCode}`;
  return { code: 'exited', message: `Its main process ended ${how}. ${where}` };
}
