// A real socket.io-client, driven by a Go test. The job is one JSON argument:
//   { package, url, cookie, options }
// What happens is printed as JSON lines. Lines on stdin are commands:
//   emit <name> <json>   emit with an ack; prints {"at":"ack"} when it comes
//   close                disconnect and end
//   leave                the same, and stay
//   return               connect again
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const job = JSON.parse(process.argv[2]);
const { io } = createRequire(import.meta.url)(job.package);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');

const options = { ...job.options };
if (job.cookie) options.extraHeaders = { Cookie: job.cookie };
const socket = io(job.url, options);

socket.onAny((name, ...args) => tell({ at: 'event', name, args }));
// The upgrade may be over before the namespace is joined, so it is watched from here.
socket.io.on('open', () => {
  const engine = socket.io.engine;
  tell({ at: 'open', transport: engine.transport.name });
  engine.on('upgrade', (t) => tell({ at: 'upgrade', transport: t.name }));
});
socket.on('connect', () => tell({ at: 'connect', id: socket.id, recovered: !!socket.recovered }));
socket.on('disconnect', (reason) => tell({ at: 'disconnect', reason }));
socket.on('connect_error', (e) => tell({ at: 'connect_error', reason: e.message }));
socket.io.on('reconnect', (attempt) => tell({ at: 'reconnect', attempt }));
socket.io.on('reconnect_failed', () => tell({ at: 'reconnect_failed' }));

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const [verb, name, ...rest] = line.split(' ');
  if (verb === 'emit') socket.emit(name, JSON.parse(rest.join(' ')), () => tell({ at: 'ack', name }));
  if (verb === 'leave') socket.disconnect();
  if (verb === 'return') socket.connect();
  if (verb === 'close') {
    socket.disconnect();
    commands.close();
  }
});
// The test that started this is gone.
commands.on('close', () => process.exit(0));
