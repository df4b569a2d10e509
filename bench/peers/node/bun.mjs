// socket.io on Bun with its own Engine.IO server.
import { Server as Engine } from '@socket.io/bun-engine';
import { Server } from 'socket.io';
import { serve, timing } from './contract.mjs';

const io = new Server();
const engine = new Engine({ ...timing, path: '/socket.io/' });
io.bind(engine);
serve(io);
Bun.serve({ ...engine.handler(), hostname: '127.0.0.1', port: Number(process.env.PORT) });
process.on('SIGTERM', () => process.exit(0));
