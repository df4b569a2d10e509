// What every peer does, see ../../README.md: the same on Node and on Bun.
import { createHmac, timingSafeEqual } from 'node:crypto';

const secret = process.env.SESSION_SECRET ?? '';
const sessions = new Map();
for (let i = 0; i < Number(process.env.SESSIONS ?? 0); i++) sessions.set(`token-${i}`, i);

export const timing = {
  pingInterval: Number(process.env.PING_INTERVAL ?? 25000),
  pingTimeout: Number(process.env.PING_TIMEOUT ?? 20000),
};

// resolve returns the user of a session cookie "session=token.signature", or -1.
function resolve(header) {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at < 0 || part.slice(0, at).trim() !== 'session') continue;
    const value = part.slice(at + 1).trim();
    const dot = value.lastIndexOf('.');
    if (dot < 0) return -1;
    const token = value.slice(0, dot);
    const given = Buffer.from(value.slice(dot + 1), 'hex');
    const want = createHmac('sha256', secret).update(token).digest();
    if (given.length !== want.length || !timingSafeEqual(given, want)) return -1;
    return sessions.get(token) ?? -1;
  }
  return -1;
}

export function serve(io) {
  if (sessions.size > 0) {
    io.use((socket, next) => {
      const user = resolve(socket.handshake.headers.cookie ?? '');
      if (user < 0) return next(new Error('no session'));
      socket.data.user = user;
      next();
    });
  }
  io.on('connection', (socket) => {
    socket.join('all');
    socket.on('leave', (ack) => {
      socket.leave('all');
      ack();
    });
    socket.on('bcast', (n, size) => {
      io.to('all').emit('news', { n, pad: 'x'.repeat(size) });
    });
    socket.on('echo', (message, ack) => ack(message));
  });
}
