import { lane } from './test/set-up/lane.ts';

/**
 * `npm test`: what needs only Node.js, without the files that take more than five seconds of processor time and
 * cannot be made faster.
 */
export default lane({
  schedules: 200,
  without: [
    // Seconds of processor time, with those of the processes that they start.
    'test/flows/many-creates.test.ts', // 33: creates 500 workbenches at once
    'test/flows/start.test.ts', // 15: runs `npm start` ten times
    'test/tools/image/push-image.test.ts', // 11: runs the tool twenty times
    'test/adapters/local/processes/process-task-runner.test.ts', // 10: runs sixty workbenches as processes
    'test/tools/deploy/deploy.test.ts', // 8: runs the tool twenty times
    'test/simulation/sweep-rate-limits.test.ts', // 8: simulates a cluster of 4,000 tasks, twice
    'test/tools/bundle.test.ts', // 8: bundles every function and runs it as a process
    'test/lib/checks/validations.test.ts', // 7: runs cfn-guard for six apps
    'test/tools/synth.test.ts', // 6: runs the CDK command
    'test/adapters/local/processes/killed-server.test.ts', // 5: kills six servers
  ],
});
