// SPDX-License-Identifier: LGPL-2.1-or-later
// The public server on a bus, until standard input is closed: bus-server.mjs REDIS-PORT. Prints its URI.
// The event "spray" requests a number of messages to rooms in turn, as in bench-bus-server.c. Logging is
// left at the package's default, and goes to files and to standard error.
import { ECDH, RedisHelper, WebSocketServerHelper } from '@venizia/ignis-helpers';

const ecdh = ECDH.withAlgorithm();
const keys = new Map();
const prose = 'The kettle is on, and there is cake for whoever comes first. ';

// An object of exactly so many bytes with one string, like that of bench-payload.c.
const payload = size => {
  const length = size - JSON.stringify({ text: '' }).length;
  return { text: prose.repeat(Math.ceil(length / prose.length)).slice(0, length) };
};

const shakeHands = async ({ clientId, data }) => {
  const peerPublicKey = await ecdh.importPublicKey({ rawKeyB64: data.clientPublicKey });
  const { keyPair, publicKeyB64 } = await ecdh.generateKeyPair();
  const { key, salt } = await ecdh.deriveAESKey({ privateKey: keyPair.privateKey, peerPublicKey });
  keys.set(clientId, key);
  return { serverPublicKey: publicKeyB64, salt };
};

const transform = async ({ client, event, data }) => {
  const key = keys.get(client.id);
  if (!key || event === 'connected')
    return null;
  return { event: 'encrypted', data: await ecdh.encrypt({ message: JSON.stringify({ event, data }), secret: key }) };
};

const handle = async ({ clientId, message }) => {
  const { event, data } = JSON.parse(await ecdh.decrypt({ message: message.data, secret: keys.get(clientId) }));
  if (event !== 'spray')
    return;
  const body = payload(data.size);
  for (let i = data.first; i < data.first + data.count; i++)
    helper.send({ destination: data.prefix + i % data.rooms, payload: { topic: 'bench', data: body } });
};

const redisConnection = new RedisHelper({
  name: 'bench', host: '127.0.0.1', port: Number(process.argv[2]), autoConnect: true, maxRetry: -1,
});
let bun;
const helper = new WebSocketServerHelper({
  identifier: 'bench',
  path: '/ws',
  server: { publish: (...args) => bun.publish(...args) },
  redisConnection,
  requireEncryption: true,
  handshakeFn: shakeHands,
  outboundTransformer: transform,
  authenticateFn: async ({ token }) => ({ userId: token }),
  validateRoomFn: ({ rooms }) => rooms,
  messageHandler: handle,
  clientDisconnectedFn: ({ clientId }) => { keys.delete(clientId); },
});

await helper.configure();
bun = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  websocket: helper.getBunWebSocketHandler(),
  fetch: (request, server) => server.upgrade(request, { data: { clientId: crypto.randomUUID() } })
    ? undefined
    : new Response('a WebSocket is expected', { status: 426 }),
});

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
console.log(`ws://127.0.0.1:${bun.port}/ws`);
