/**
 * The limit: uWebSockets.js that publishes on the load's timetable from a timer of its own; no Redis, no other process.
 * Usage: node server.js; prints the port that it listens on. A tab says who it is with ?user=; `POST /send` with the plan starts
 * the load, and is answered with the report when it is over.
 */

import { App, type HttpResponse, us_socket_local_port } from 'uWebSockets.js';
import { encodeText } from '../../src/books/message.js';
import { actionFrame } from '../../src/sending/action.js';
import type { SelfSend, SendReport } from '../../src/sending/plan.js';
import { dueAt, shareOf } from '../../src/sending/schedule.js';
import { channelsOf } from '../channels.js';

const { head, tail } = actionFrame;
const app = App();

app.ws<{ channels: string[] }>('/*', {
  idleTimeout: 40,
  maxBackpressure: 0,
  upgrade(res, req, context) {
    const channels = channelsOf(req.getQuery('user')!);
    res.upgrade({ channels }, req.getHeader('sec-websocket-key'), '', '', context);
  },
  open(ws) {
    for (const channel of ws.getUserData().channels) ws.subscribe(channel);
    ws.send('{"action":"sys/welcome","details":[]}');
  },
});

app.post('/send', (res) => {
  let gone = false;
  res.onAborted(() => {
    gone = true;
  });
  readBody(res, (body) =>
    send(JSON.parse(body) as SelfSend, (report) => {
      if (!gone) res.cork(() => res.end(JSON.stringify(report)));
    }),
  );
});

app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('no port to listen on');
  console.log(us_socket_local_port(socket));
});

function readBody(res: HttpResponse, done: (body: string) => void): void {
  let body = '';
  res.onData((chunk, isLast) => {
    body += Buffer.from(chunk).toString();
    if (isLast) done(body);
  });
}

/** Publishes everything that is due, each millisecond. */
function send({ channels, textBytes, perSecond, total }: SelfSend, done: (report: SendReport) => void): void {
  const streams = channels.length;
  const begin = now();
  let sent = 0;
  let behind = 0;
  const timer = setInterval(() => {
    const reached = now();
    behind = Math.max(behind, reached - begin - dueAt(sent, perSecond));
    for (
      let at = begin + dueAt(sent, perSecond);
      sent < total && at <= reached;
      at = begin + dueAt(sent, perSecond)
    ) {
      const stream = sent % streams;
      const mark = { stamp: Math.round(at * 1e6), stream, number: Math.floor(sent / streams) };
      app.publish(channels[stream]!, head + encodeText(textBytes, mark) + tail);
      sent++;
    }
    if (sent < total) return;
    clearInterval(timer);
    const each = (count: (stream: number) => number) => channels.map((_, stream) => count(stream));
    const shares = each((stream) => shareOf(stream, streams, total));
    done({ sent: shares, refused: each(() => 0), unheard: 0, repeated: 0, behind });
  }, 1);
}

/** ms of the clock that all processes of a machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
