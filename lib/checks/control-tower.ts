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

/** The longest that cfn-guard may take in all, milliseconds: then something is wrong with it. */
const CFN_GUARD_TIMEOUT_MS = 5 * 60_000;

/**
 * The rules of AWS's Control Tower, by cfn-guard, which takes as long as CDK's own validation. So it works beside
 * that one: `begin` comes before it in the order of plugins, and the rules themselves after it.
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

/** Plugins cannot be waited for: this thread stands still until the other is done. */
function waitForResult({ done, resultFile }: ControlTowerWork): PolicyValidationPluginReport {
  if (Atomics.wait(done, 0, 0, CFN_GUARD_TIMEOUT_MS) === 'timed-out') {
    throw new Error('cfn-guard has not come to an end');
  }
  const result = JSON.parse(readFileSync(resultFile, 'utf8')) as
    | PolicyValidationPluginReport
    | { readonly error: string };
  rmSync(join(resultFile, '..'), { recursive: true });
  if ('error' in result) throw new Error(result.error);
  return result;
}
