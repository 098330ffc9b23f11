/**
 * A gateway that takes every Redis for the one that it was: its fence is always the same. To be loaded before it, see
 * GatewayProcess.launch.
 */
import { Redis } from 'ioredis';

const process = "string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";
const { defineCommand } = Redis.prototype;

Redis.prototype.defineCommand = function (name, { lua, ...definition }) {
  return defineCommand.call(this, name, { ...definition, lua: lua.replaceAll(process, "'000000000000'") });
};
