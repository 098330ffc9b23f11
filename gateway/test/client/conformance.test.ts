import { describe } from 'node:test';
import { type ConnectOptions, connect, type Tabs } from '@tabcast/client';
import { connect as connectPacked } from '@tabcast/client/msgpack';
import { connect as connectAlone } from '@tabcast/client/unshared';
import { WebSocket } from 'ws';
import { conformance } from './conformance.js';

const ways: Record<string, (url: string, options: ConnectOptions) => Tabs> = {
  JSON: connectAlone,
  'JSON, from the entry that shares sockets where it can': connect,
  MessagePack: connectPacked,
};

for (const [name, connectThisWay] of Object.entries(ways))
  describe(`the client in Node.js over ${name}`, () => {
    conformance((url, token) => connectThisWay(url, { token, WebSocket }));
  });
