// HEALTHCHECK of the image: exits with 0 while the gateway of this container answers on its internal port, else with 1.
// It says nothing about readiness, which is not a reason to start a container again.
import { get } from 'node:http';

const { TABCAST_INTERNAL_HOST: host, TABCAST_INTERNAL_PORT: port = '8081' } = process.env;

get({ host, port, path: '/healthz', timeout: 2000 })
  .on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
