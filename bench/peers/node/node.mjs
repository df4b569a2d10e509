// socket.io on Node with ws.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serve, timing } from './contract.mjs';

const http = createServer();
serve(new Server(http, { ...timing, serveClient: false }));
http.listen(Number(process.env.PORT), '127.0.0.1', 4096);
process.on('SIGTERM', () => process.exit(0));
