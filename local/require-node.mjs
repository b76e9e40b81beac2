// Plain JavaScript, so that an old version of Node.js can run this check.
const NEEDED = [24, 9];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `Node.js ${NEEDED.join('.')} or newer is required. This is ${process.versions.node}.\n` +
      'On Linux `npm ci` installs Node.js 24 for this project: run `npm ci`, then use `npm start` and `npm run`.\n' +
      'On other systems install Node.js 24 from https://nodejs.org.',
  );
  process.exit(1);
}
