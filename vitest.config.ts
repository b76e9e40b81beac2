import { lane } from './test/set-up/lane.ts';

/**
 * `npm test`: what needs only Node.js, without the slowest files that test one case. Other files of the lane test the
 * same areas.
 */
export default lane({
  schedules: 200,
  without: [
    // Seconds of processor time, with those of the processes that they start.
    'test/flows/many-creates.test.ts', // 33: creates 500 workbenches at once
    'test/adapters/aws/dynamodb/stores.test.ts', // 14: the contracts of stores, which test/memory tests as well
    'test/flows/start.test.ts', // 15: runs `npm start` ten times
    'test/flows/api.test.ts', // 13: sends requests to a server
    'test/lib/permissions/simulated-calls.test.ts', // 12: runs 40 schedules to compare calls with permissions
    'test/tools/docs/generate-docs.test.ts', // 11: generates all docs five times
    'test/tools/image/push-image.test.ts', // 11: runs the tool twenty times
    'test/adapters/local/processes/process-task-runner.test.ts', // 10: runs sixty workbenches as processes
    'test/tools/deploy/deploy.test.ts', // 8: runs the tool twenty times
    'test/simulation/sweep-rate-limits.test.ts', // 8: simulates a cluster of 4,000 tasks, twice
    'test/tools/bundle.test.ts', // 8: bundles every function and runs it as a process
    'test/local/gate-process.test.ts', // 8: starts ten processes of the gate
    'test/lib/checks/validations.test.ts', // 7: runs cfn-guard for six apps
    'test/bench/start-time/scenarios.test.ts', // 7: simulates a hundred starts
    'test/adapters/aws/dynamodb/history-contract.test.ts', // 6: writes a thousand entries
    'test/flows/table-endpoint.test.ts', // 8: starts servers on a DynamoDB
    'test/tools/local-import.test.ts', // 6: runs the tool nine times
    'test/tools/synth.test.ts', // 6: runs the CDK command
    'test/lib/alarm-conditions.test.ts', // 6: lists the conditions of all alarms of two stages
    'test/tools/local-backup.test.ts', // 5: runs the tools as processes
    'test/adapters/local/directories/directory-volumes.test.ts', // 5: deletes thousands of files
    'test/lib/add-stacks.test.ts', // 5: adds the stacks of six stages
    'test/adapters/local/processes/killed-server.test.ts', // 5: kills six servers
    'test/flows/restart.test.ts', // 5: starts servers on the data folder of others
    'test/simulation/cli/batch.test.ts', // 5: searches for a schedule that does not exist
    'test/adapters/health-probe.test.ts', // 4: runs the probe with each program that an image may have
    'test/tools/embedded-table/embedded-table.test.ts', // 4: kills the process of a table
    'test/tools/deploy/check/check-deployment.test.ts', // 4: runs the tool four times
    'test/flows/hosts.test.ts', // 3: waits for a simulated instance
    'test/adapters/local/processes/task-records.test.ts', // 3: restarts the runner of processes
    'test/adapters/local/processes/page/server.test.ts', // 3: runs the built-in page as a process
    'test/adapters/aws/efs/remote-janitor.test.ts', // 3: the contract that mounted-janitor.test.ts also tests
    'test/tools/table/copy-table.test.ts', // 2: runs the tool as a process
    'test/lib/egress.test.ts', // 6: synthesizes a stage with each way to the internet
    'test/simulation/polls-in-transition.test.ts', // 4: simulates 300 starts at once
    'test/tools/costs/stage-costs.test.ts', // 4: synthesizes all stages
    'test/adapters/aws/dynamodb/expired-items.test.ts', // 3: repeats the contracts of stores with expired items
    'test/adapters/local/sqlite/backup.test.ts', // 3: copies databases of some MiB
    'test/lib/checks/policy-sizes.test.ts', // 3: synthesizes the largest stage
    'test/tools/table/copy-items.test.ts', // 2: copies thousands of items
    'test/tools/require-node.test.ts', // 3: runs the tools as processes
    'test/flows/local-token.test.ts', // 11: starts servers with sign-in
    'test/functions/authorizer/issuer-keys.test.ts', // 3: creates keys, and fetches them from servers
    'test/flows/workbench-address.test.ts', // 8: starts a server with each kind of address
    'test/functions/wiring/deployed-handlers.test.ts', // 7: builds the handler of every function
    'test/flows/processes-may-remain.test.ts', // 3: stops a workbench of a server
    'test/local/interrupted-restore.test.ts', // 4: kills a tool while it writes
    'test/adapters/local/sqlite/reserve.test.ts', // 4: fills databases
  ],
});
