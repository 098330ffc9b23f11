import { host, integer, network, optional, origin, port, text, trueOrFalse } from '../kinds.js';
import { many, one } from '../option.js';

/** Where to listen, and for whom. */
export const listening = {
  'public-host': one(host, '0.0.0.0', {
    development: '127.0.0.1',
    sentence: 'Where tabs connect: the address to listen on.',
  }),
  'public-port': one(port, 8080, { sentence: 'Where tabs connect: the port to listen on.' }),
  'internal-host': one(host, '127.0.0.1', {
    sentence:
      'Where backends, probes and metrics connect: the address to listen on. Never expose it to the internet.',
  }),
  'internal-port': one(port, 8081, {
    sentence: 'Where backends, probes and metrics connect: the port to listen on.',
  }),
  origins: many(origin, {
    reload: true,
    sentence:
      'Origins whose pages may connect. In development an empty list admits pages of the same host as the gateway.',
  }),
  'tls-cert-file': one(optional(text('a path')), '', {
    sentence:
      'PEM file with the certificate of the public port, followed by those of its intermediate authorities. Empty: the public port is not encrypted.',
  }),
  'tls-key-file': one(optional(text('a path')), '', {
    sentence: 'PEM file with the private key of the certificate, not encrypted.',
  }),
  'trusted-proxies': many(network, {
    sentence:
      'Proxies in front of the public port whose `X-Forwarded-For` or PROXY v2 header tells the address of a client. Nobody else is believed.',
  }),
  'idle-timeout': one(integer(8, 40, 's', 4), 40, {
    sentence:
      'Silence after which a connection counts as dead. A ping goes out up to 16 s before that, so at the latest after 24 s of silence.',
  }),
  compression: one(trueOrFalse, false, {
    sentence: 'Whether permessage-deflate is offered. Costs CPU and memory per tab.',
  }),
} as const;
