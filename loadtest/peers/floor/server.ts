/**
 * The floor: what delivering through Redis costs when every feature is free. No tokens, no envelope, no limits.
 * Usage: node server.js <redis port>; prints the port that it listens on. A tab says who it is with ?user=.
 */

import { App, us_socket_local_port } from 'uWebSockets.js';
import { Redis } from 'ioredis';
import { channelsOf } from '../channels.js';

const subscriber = new Redis(Number(process.argv[2]));
const app = App();
const tabs = new Map<string, number>();

subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => app.publish(channel, message));

app.ws<{ channels: string[] }>('/*', {
  idleTimeout: 40,
  maxBackpressure: 0,
  upgrade(res, req, context) {
    const channels = channelsOf(req.getQuery('user')!);
    const key = req.getHeader('sec-websocket-key');
    res.upgrade({ channels }, key, '', '', context);
  },
  open(ws) {
    for (const channel of ws.getUserData().channels) {
      ws.subscribe(channel);
      const count = tabs.get(channel) ?? 0;
      tabs.set(channel, count + 1);
      if (count === 0) subscriber.subscribe(channel);
    }
    ws.send('{"action":"sys/welcome","details":[]}');
  },
  close(ws) {
    for (const channel of ws.getUserData().channels) {
      const count = tabs.get(channel)! - 1;
      if (count > 0) tabs.set(channel, count);
      else {
        tabs.delete(channel);
        subscriber.unsubscribe(channel);
      }
    }
  },
});

app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('no port to listen on');
  console.log(us_socket_local_port(socket));
});
