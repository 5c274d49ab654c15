// Loads a function in a process of its own, calls it once, and prints the milliseconds until the module was loaded and until the
// first query was written to PostgreSQL; without an argument, until an empty module was loaded. Plain JavaScript, so that nothing
// but the function is loaded.
const { TLSSocket } = require('node:tls');

const [file, event] = process.argv.slice(2);
const begun = performance.now();
const { handler } = require(file);
const loaded = performance.now();
const tell = (sent) => process.send({ node: begun, loaded: loaded - begun, sent: sent - begun }, () => process.exit());

if (handler === undefined) {
  tell(loaded);
} else {
  const { write } = TLSSocket.prototype;
  TLSSocket.prototype.write = function (chunk, ...rest) {
    // The first byte of a message: Parse or Query.
    if (typeof chunk !== 'string' && (chunk[0] === 0x50 || chunk[0] === 0x51)) tell(performance.now());
    return write.call(this, chunk, ...rest);
  };
  handler(JSON.parse(event)).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
