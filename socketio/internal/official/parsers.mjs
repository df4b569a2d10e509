// The official parsers as a service: one JSON request a line on stdin, one JSON answer a line on stdout,
// in order. The argument is the package.json of a project that depends on socket.io-client.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [project, client] = process.argv.slice(2);
const fromClient = createRequire(createRequire(project).resolve(client));
const socketParser = fromClient("socket.io-parser");
const engineParser = createRequire(fromClient.resolve("engine.io-client"))("engine.io-parser");

// version reads the package.json above the resolved file, which the packages do not export.
function version(name) {
  const from = name === "engine.io-parser" ? createRequire(fromClient.resolve("engine.io-client")) : fromClient;
  for (let dir = dirname(from.resolve(name)); ; dir = dirname(dir)) {
    try {
      const described = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
      if (described.name === name && described.version) return described.version;
    } catch (e) {
      if (dir === dirname(dir)) throw e;
    }
  }
}

const fromBase64 = (text) => Buffer.from(text, "base64");

// plain turns buffers into base64 strings, as the Go side resolves placeholders.
function plain(value) {
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    const copy = {};
    for (const key of Object.keys(value)) {
      Object.defineProperty(copy, key, { value: plain(value[key]), enumerable: true, configurable: true, writable: true });
    }
    return copy;
  }
  return value;
}

// bins turns {"$bin": base64} into buffers.
function bins(value) {
  if (Array.isArray(value)) return value.map(bins);
  if (value && typeof value === "object") {
    if (typeof value.$bin === "string") return fromBase64(value.$bin);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, bins(v)]));
  }
  return value;
}

// decode feeds a text and what attachments it announces: those given, or one byte each, their number.
function decode(text, attachments) {
  const decoder = new socketParser.Decoder();
  let packet;
  decoder.on("decoded", (p) => (packet = p));
  decoder.add(text);
  for (let i = 0; packet === undefined; i++) {
    decoder.add(attachments ? fromBase64(attachments[i]) : Buffer.from([i]));
  }
  return packet;
}

const operations = {
  versions: () => ({ socket: version("socket.io-parser"), engine: version("engine.io-parser") }),

  // Decodes a Socket.IO packet and, when the Go side accepted it, compares the meaning.
  decode({ text, attachments, ours }) {
    let packet;
    try {
      packet = decode(fromBase64(text).toString("utf8"), attachments);
    } catch (e) {
      return { accepted: false, reason: String(e.message) };
    }
    const told = { accepted: true, reason: JSON.stringify(packet) };
    if (ours) {
      const data = ours.data === "" ? undefined : JSON.parse(ours.data);
      const id = ours.id < 0 ? undefined : ours.id;
      told.same = packet.type === ours.type && packet.nsp === ours.nsp && packet.id === id &&
        isDeepStrictEqual(plain(packet.data), data);
    }
    return told;
  },

  encode({ packet }) {
    const [text, ...attachments] = new socketParser.Encoder().encode({ ...packet, data: bins(packet.data) });
    return { text, attachments: attachments.map((b) => b.toString("base64")) };
  },

  split({ text }) {
    const packets = engineParser.decodePayload(fromBase64(text).toString("utf8"), "nodebuffer");
    if (packets.some((p) => p.type === "error")) return { accepted: false };
    return {
      accepted: true,
      packets: packets.map(({ type, data = "" }) => ({
        type, binary: Buffer.isBuffer(data), data: Buffer.from(data).toString("base64"),
      })),
    };
  },

  join({ packets }) {
    let body;
    engineParser.encodePayload(
      packets.map(({ type, binary, data }) => ({ type, data: binary ? fromBase64(data) : fromBase64(data).toString("utf8") })),
      (encoded) => (body = encoded),
    );
    return { text: Buffer.from(body).toString("base64") };
  },
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = operations[request.op](request);
  } catch (e) {
    answer = { fault: String(e.stack) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
