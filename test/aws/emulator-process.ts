import { type EmulatorName, startEmulator } from '#tools/aws-emulators/emulator.ts';

/** A program that starts an emulator, prints its endpoint and runs until it is killed. */
const { endpoint } = await startEmulator(process.argv[2] as EmulatorName);
console.log(endpoint);
setInterval(() => {}, 60_000);
