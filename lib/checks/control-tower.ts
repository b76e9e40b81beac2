import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
} from 'aws-cdk-lib';
import { CONTROL_TOWER } from './acknowledge.ts';
import type { ControlTowerWork } from './control-tower-worker.ts';

/** A longer run of cfn-guard is an error. */
const CFN_GUARD_TIMEOUT_MS = 5 * 60_000;

/**
 * Evaluates the rules of AWS Control Tower with cfn-guard, which takes as long as CDK's own validation. Both
 * therefore
 * run in parallel: `begin` precedes CDK's validation in the order of plugins and starts a worker thread; this plugin
 * follows it and waits for the result.
 */
export class ControlTowerRules implements IPolicyValidationPlugin {
  readonly name = CONTROL_TOWER;
  readonly begin: IPolicyValidationPlugin;
  #work: ControlTowerWork | undefined;

  constructor() {
    this.begin = {
      name: `${CONTROL_TOWER}-begin`,
      validate: ({ templatePaths }) => {
        this.#work = startWorker(templatePaths);
        return { success: true, violations: [] };
      },
    };
  }

  validate({ templatePaths }: Pick<IPolicyValidationContext, 'templatePaths'>): PolicyValidationPluginReport {
    const work = this.#work ?? startWorker(templatePaths);
    this.#work = undefined;
    return waitForResult(work);
  }
}

function startWorker(templatePaths: readonly string[]): ControlTowerWork {
  const work: ControlTowerWork = {
    templatePaths: [...templatePaths],
    resultFile: join(mkdtempSync(join(tmpdir(), 'control-tower-')), 'result.json'),
    done: new Int32Array(new SharedArrayBuffer(4)),
  };
  new Worker(new URL('./control-tower-worker.ts', import.meta.url), { workerData: work }).unref();
  return work;
}

/** Blocks this thread until the worker has finished, because plugins are synchronous. */
function waitForResult({ done, resultFile }: ControlTowerWork): PolicyValidationPluginReport {
  if (Atomics.wait(done, 0, 0, CFN_GUARD_TIMEOUT_MS) === 'timed-out') {
    throw new Error(`cfn-guard did not finish within ${CFN_GUARD_TIMEOUT_MS / 60_000} minutes`);
  }
  const result = JSON.parse(readFileSync(resultFile, 'utf8')) as
    | PolicyValidationPluginReport
    | { readonly error: string };
  rmSync(join(resultFile, '..'), { recursive: true });
  if ('error' in result) throw new Error(result.error);
  return result;
}
