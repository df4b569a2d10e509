// Many real socket.io-clients in one process. The job is one JSON argument:
//   { clients: [{ client, package, url, cookie, options }] }
// What happens to each is printed as JSON lines that name the client. Lines on stdin
// are commands:
//   barrier <n>   every client emits with an ack; prints {"at":"ack","n":n} when it comes
//   close         disconnect and end
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const job = JSON.parse(process.argv[2]);
const require = createRequire(import.meta.url);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');

const sockets = job.clients.map(({ client, package: name, url, cookie, options }) => {
  const given = { ...options, forceNew: true };
  if (cookie) given.extraHeaders = { Cookie: cookie };
  const socket = require(name).io(url, given);
  socket.onAny((event, ...args) => tell({ client, at: 'event', name: event, args }));
  socket.on('connect', () => tell({ client, at: 'connect', name: socket.id, recovered: socket.recovered === true }));
  socket.on('disconnect', (reason) => tell({ client, at: 'disconnect', reason }));
  socket.io.on('open', () => {
    tell({ client, at: 'open', name: socket.io.engine.transport.name });
    socket.io.engine.on('upgrade', (t) => tell({ client, at: 'upgrade', name: t.name }));
  });
  socket.io.on('reconnect_attempt', (n) => tell({ client, at: 'attempt', n }));
  socket.io.on('reconnect_failed', () => tell({ client, at: 'gave up' }));
  return { client, socket };
});

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const [verb, n] = line.split(' ');
  if (verb === 'barrier') {
    for (const { client, socket } of sockets) socket.emit('operation_created', {}, () => tell({ client, at: 'ack', n: Number(n) }));
  }
  if (verb === 'close') {
    for (const { socket } of sockets) socket.disconnect();
    commands.close();
  }
});
// The test that started this is gone.
commands.on('close', () => process.exit(0));
