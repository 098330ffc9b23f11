import { loadConfig, type Reading, readConfig } from '../config/config.js';
import { type CommandLine, readCommandLine } from '../config/flags.js';
import type { Config } from '../config/options.js';
import { type Problem, problemText, quote } from '../config/problem.js';
import { renew } from '../config/renewal.js';
import { didYouMean, suggest } from '../config/suggest.js';
import { type CommandName, commands, isCommandName, knownFlags } from './commands.js';
import { commandHelp, help } from './help.js';
import { exitCodes, type Io } from './io.js';

/** Runs one command line, without the names of node and script. Resolves to the exit code. */
export async function run(args: readonly string[], version: string, io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.err(help());
    return exitCodes.usage;
  }
  if (name === '--help' || name === '--version') {
    io.out(name === '--help' ? help() : version);
    return exitCodes.done;
  }
  if (!isCommandName(name)) {
    const hint = didYouMean(suggest(name, Object.keys(commands)));
    io.err(`tabcast: there is no command ${quote(name)}${hint || ';'} tabcast --help lists them`);
    return exitCodes.usage;
  }
  return await runCommand(name, rest, version, io);
}

async function runCommand(
  name: CommandName,
  args: readonly string[],
  version: string,
  io: Io,
): Promise<number> {
  const line = readCommandLine(args, knownFlags(name));
  if (line.flags.get('help')?.at(-1) === 'true') {
    io.out(commandHelp(name));
    return exitCodes.done;
  }
  const { flags } = line;
  const { startsGateway } = commands[name];
  const { environment, readFile } = io;
  const read = () => (startsGateway ? loadConfig : readConfig)({ flags, environment, readFile });
  const reading = read();
  const problems = [...line.problems, ...strayWords(name, line), ...reading.problems];
  if (problems.length > 0 && name !== 'config') {
    tell(problems, io);
    return startsGateway || reading.problems.length > 0 ? exitCodes.config : exitCodes.usage;
  }
  return await bodies[name]({ name, args, line, reading: { ...reading, problems }, read, version }, io);
}

interface Call {
  readonly name: CommandName;
  /** What stands behind the name, unread. */
  readonly args: readonly string[];
  readonly line: CommandLine;
  readonly reading: Reading;
  /** Reads all sources anew. */
  readonly read: () => Reading;
  readonly version: string;
}

/** Each command loads its own modules only: who wants a token needs no server. */
const bodies: Record<CommandName, (call: Call, io: Io) => Promise<number>> = {
  async start({ name, args, reading, read, version }, io) {
    const { config, warnings } = reading;
    const { worker } = io;
    if (worker === undefined) for (const warning of warnings) io.err(`tabcast: warning: ${warning}`);
    if (worker === undefined && config.workers > 1) {
      const { supervise } = await import('./supervise.js');
      return await supervise(config, [name, ...args], io);
    }
    const { start } = await import('./start.js');
    // A worker that takes the place of another finds what may change as it is now, and all else as the others have it.
    const inForce = worker === undefined ? config : renew(worker.commission.config as Config, config).config;
    await start({ config: inForce, read, version }, io);
    return exitCodes.done;
  },
  async token({ line, reading }, io) {
    const { token } = await import('./token.js');
    return await token(line.flags, reading.config, io);
  },
  async send({ line, reading }, io) {
    const { send } = await import('./send.js');
    return await send(line, reading.config, io);
  },
  async nodes({ line, reading }, io) {
    const { showNodes } = await import('./nodes.js');
    return await showNodes(line.flags, reading.config, io);
  },
  async user({ line, reading }, io) {
    const { showUser } = await import('./user.js');
    return await showUser(line, reading.config, io);
  },
  async config({ line, reading }, io) {
    const { showConfig } = await import('./config.js');
    return showConfig(reading, line.flags.get('json')?.at(-1) === 'true', io);
  },
};

function strayWords(name: CommandName, { words }: CommandLine): Problem[] {
  if (commands[name].takesWords) return [];
  return words.map((word) => ({ where: `tabcast ${name}`, expected: 'flags only', given: quote(word) }));
}

function tell(problems: readonly Problem[], io: Io): void {
  io.err(`tabcast: ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}`);
  for (const problem of problems) io.err(`  ${problemText(problem)}`);
}
