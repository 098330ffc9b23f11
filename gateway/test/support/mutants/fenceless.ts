/**
 * A gateway that takes every Redis for the one that it was, and who was a replica for its master: its fence is always the same.
 * To be loaded before it, see GatewayProcess.launch.
 */
import { Redis } from 'ioredis';

const process = "string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";
const promoted = "string.match(redis.call('INFO', 'replication'), 'second_repl_offset:(%-?%d+)')";
const { defineCommand } = Redis.prototype;

Redis.prototype.defineCommand = function (name, { lua, ...definition }) {
  const fenceless = lua.replaceAll(process, "'000000000000'").replaceAll(promoted, "'-1'");
  return defineCommand.call(this, name, { ...definition, lua: fenceless });
};
