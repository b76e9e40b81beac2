import { type EmulatorName, startEmulator } from '#tools/aws-emulators/emulator.ts';

/** A process of its own that starts an emulator, says where it is, and lives until it is killed. */
const { endpoint } = await startEmulator(process.argv[2] as EmulatorName);
console.log(endpoint);
setInterval(() => {}, 60_000);
