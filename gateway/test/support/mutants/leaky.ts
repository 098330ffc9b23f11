/**
 * A gateway that leaves a connection to Redis behind whenever it replaces one. To be loaded before it, see
 * GatewayProcess.launch.
 */
import { Redis } from 'ioredis';

const { disconnect } = Redis.prototype;

Redis.prototype.disconnect = function (reconnect = false) {
  if (reconnect) this.duplicate({ lazyConnect: false });
  disconnect.call(this, reconnect);
};
