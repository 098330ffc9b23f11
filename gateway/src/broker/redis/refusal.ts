import type { Names } from './names.js';

/** As whom we come to Redis. */
export interface Login {
  readonly user: string;
  readonly db: number;
  /** To a node of a cluster. */
  readonly sharded: boolean;
}

/**
 * Explains an error of Redis that no waiting heals: what is wrong, and what the operator can do. Undefined for all
 * other errors. Scripts word a missing permission in their own way before Redis 7.2.
 */
export function explainRefusal(message: string, login: Login, names: Names): string | undefined {
  if (message.startsWith('WRONGPASS'))
    return `Redis refuses user "${login.user}": wrong name or password. Check both in the Redis URL; what is not a letter or digit must be percent-encoded there`;
  if (message.startsWith('NOAUTH'))
    return 'Redis wants a password, and the Redis URL has none: redis://user:password@host:port';
  if (message.includes('NOPERM') || message.includes('user executing the script can'))
    return `Redis user "${login.user}" lacks a permission. This grants what is needed: ${aclLine(login, names)}`;
  if (message.includes('cluster support disabled'))
    return 'Redis is no cluster: begin its URL with redis:// or rediss://';
  if (message.startsWith('MOVED') && !login.sharded)
    return 'Redis is a node of a cluster: begin its URL with redis+cluster:// or rediss+cluster://';
  if (/DB index is out of range|invalid DB index/i.test(message))
    return `Redis has no database ${login.db}: the number that ends the Redis URL must be less than "databases" in redis.conf`;
  return undefined;
}

const connectionCommands = ['client|setname', 'eval', 'evalsha'];

const publishingCommands = ['subscribe', 'unsubscribe', 'publish', 'get', 'set', 'del'];

const historyCommands = ['info', 'hincrby', 'hget', 'hlen', 'rpush', 'ltrim', 'llen', 'lrange'];

const registryCommands = [
  ...['time', 'pubsub|numsub', 'pexpire', 'pexpireat', 'hset', 'hdel', 'hgetall', 'sadd', 'srem', 'smembers'],
  ...['zadd', 'zrem', 'zrange', 'zremrangebyscore'],
];

const clusterCommands = ['cluster|slots', 'ssubscribe', 'sunsubscribe', 'spublish', 'pubsub|shardnumsub'];

/** The command that lets a user do what we do, and nothing else. https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/ */
export function aclLine(login: Login, names: Names): string {
  const commands = [...publishingCommands, ...historyCommands, ...connectionCommands, ...registryCommands];
  if (login.db !== 0) commands.push('select');
  if (login.sharded) commands.push(...clusterCommands);
  const grants = commands.map((command) => `+${command}`).join(' ');
  return `ACL SETUSER ${login.user} ~${names.pattern} &${names.pattern} ${grants}`;
}
