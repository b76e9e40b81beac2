// Plain JavaScript, so that an old Node.js can run it and report the error.
const REQUIRED_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) < REQUIRED_MAJOR) {
  console.error(
    `Node.js ${REQUIRED_MAJOR} is required, with which the CDK app is tested; this is ${process.versions.node}.\n` +
      'On Linux `npm ci` installs it for this project: run `npm ci`, then use `npm run`.\n' +
      `Elsewhere install Node.js ${REQUIRED_MAJOR} from https://nodejs.org.`,
  );
  process.exit(1);
}
