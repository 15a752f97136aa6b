// Receives webhooks and verifies them with the official library. Prints where it listens, reads
// the secret from standard input, and prints one line for each webhook: what it says, its id, and
// whether it is what it claims to be. The first one is refused, so that it comes again.

const http = require("node:http");
const readline = require("node:readline");
const { Webhook } = require("standardwebhooks");

let secret = "";
let refused = false;

function judge(body, headers) {
  try {
    const event = new Webhook(secret).verify(body, headers);
    return `${event.type}\t${event.data.file_id ?? event.data.endpoint_id}\tverified`;
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`;
  }
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const line = judge(Buffer.concat(chunks).toString("utf8"), request.headers);
    response.statusCode = refused ? 204 : 500;
    console.log(`${response.statusCode}\t${line}`);
    refused = true;
    response.end();
  });
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  secret = line;
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
