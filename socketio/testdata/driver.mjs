// A real socket.io-client, driven by a Go test. The job is one JSON argument: { package, url, options }.
// What happens is printed as JSON lines; commands are JSON lines on stdin:
//   { do: "emit", name, args, ack, timeout }   with ack, prints { at: "ack", name, args, error }
//   { do: "disconnect" } { do: "connect" } { do: "end" }
// Binary is {"$hex": "..."} on both sides. An event named "ask" is acknowledged with its own arguments.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const job = JSON.parse(process.argv[2]);
const { io } = createRequire(job.from)(job.package);

const pack = (v) => {
  if (Buffer.isBuffer(v) || v instanceof ArrayBuffer) return { $hex: Buffer.from(v).toString('hex') };
  if (Array.isArray(v)) return v.map(pack);
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, pack(x)]));
  return v;
};
const unpack = (v) => {
  if (Array.isArray(v)) return v.map(unpack);
  if (v && typeof v === 'object') {
    if ('$hex' in v) return Buffer.from(v.$hex, 'hex');
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, unpack(x)]));
  }
  return v;
};
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');

const socket = io(job.url, job.options);
socket.onAny((name, ...args) => {
  const last = args.at(-1);
  if (typeof last === 'function') {
    args.pop();
    if (name === 'ask') last(...args);
  }
  tell({ at: 'event', name, args: pack(args) });
});
socket.on('connect', () => tell({ at: 'connect', id: socket.id, recovered: !!socket.recovered }));
socket.on('disconnect', (reason) => tell({ at: 'disconnect', reason }));
socket.on('connect_error', (e) => tell({ at: 'connect_error', reason: e.message, data: e.data }));
socket.io.on('open', () => socket.io.engine.on('upgrade', (t) => tell({ at: 'upgrade', name: t.name })));

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const c = JSON.parse(line);
  if (c.do === 'disconnect') socket.disconnect();
  if (c.do === 'connect') socket.connect();
  if (c.do === 'end') commands.close();
  if (c.do !== 'emit') return;
  const args = unpack(c.args ?? []);
  if (!c.ack) return void socket.emit(c.name, ...args);
  const answer = (...got) => tell({ at: 'ack', name: c.name, args: pack(got) });
  if (!c.timeout) return void socket.emit(c.name, ...args, answer);
  socket.timeout(c.timeout).emit(c.name, ...args, (err, ...got) =>
    err ? tell({ at: 'ack', name: c.name, reason: err.message }) : answer(...got));
});
// The test that started this is gone.
commands.on('close', () => process.exit(0));
