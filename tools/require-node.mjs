// Plain JavaScript, so that a Node.js too old for the rest can still say so.
const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `This is Node.js ${process.versions.node}, and deploying needs ${NEEDED}, with which the CDK app is tried.\n` +
      'On Linux `npm ci` brings it along: run it, and start this by `npm run`.\n' +
      `Elsewhere install Node.js ${NEEDED} from https://nodejs.org.`,
  );
  process.exit(1);
}
