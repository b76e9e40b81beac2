/**
 * `npm run bench:beside-jupyterhub`: measures the local server and JupyterHub in one run, and writes the results to
 * bench/results. Installs JupyterHub from PyPI into a folder of this project. Exits with 1 if a request failed. With
 * `--quick` it runs shorter, writes nothing, and also exits with 1 if the local server is not clearly faster.
 */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { InstallError } from '#tools/python/environment.ts';
import { describeEnvironment } from './environment.ts';
import { jupyterHubVersion, withJupyterHub } from './jupyterhub/hub-process.ts';
import { fillHub, fillServer, type Kind, measureSides, SERVER_SETTINGS } from './jupyterhub/measure.ts';
import { page, type Results, tables } from './jupyterhub/page.ts';
import { profileRequests, type RequestProfile } from './jupyterhub/profile.ts';
import { withServer } from './server-process.ts';

const quick = process.argv.includes('--quick');
const options = quick ? { seconds: 2, rounds: 1 } : { seconds: 10, rounds: 3 };
/** With `--quick`, polls must be at least this many times faster. Less than the target, because few are measured. */
const QUICK_RATIO_MIN = 4;

const [loadBefore = 0] = loadavg();
const environment = describeEnvironment();
try {
  const sides = await withJupyterHub(async (hub) => {
    console.error('Measuring the local server and JupyterHub in turns …');
    return await withServer(
      () => SERVER_SETTINGS,
      async (server) =>
        await measureSides({ workbench: await fillServer(server), hub: await fillHub(hub) }, options),
    );
  });
  console.error('Profiling the local server …');
  const profiles: (readonly [Kind, RequestProfile])[] = [];
  for (const kind of ['poll', 'list'] as const)
    profiles.push([kind, await profileRequests(kind, options.seconds)]);

  const version = jupyterHubVersion();
  const results: Results = {
    environment,
    loadBefore,
    jupyterHubVersion: version,
    options,
    ...sides,
    profiles,
  };
  console.log(tables(results));
  if (!quick) await writeFile(join(import.meta.dirname, 'results', 'beside-jupyterhub.md'), page(results));
  fail(findProblems(results));
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  fail([error.message]);
}
// Idle keep-alive connections would keep the process running.
process.exit();

function findProblems({ workbench, hub }: Results): readonly string[] {
  const all = [workbench, hub].flatMap(({ requests }) => Object.values(requests));
  const failed = all.reduce((sum, request) => sum + request.failed, 0);
  const ratio = workbench.requests.poll.perSecond / hub.requests.poll.perSecond;
  return [
    ...(failed > 0 ? [`${failed} requests failed.`] : []),
    ...(quick && ratio < QUICK_RATIO_MIN
      ? [`The local server has only ${ratio.toFixed(1)} times the polls of JupyterHub.`]
      : []),
  ];
}

function fail(problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
