import { loadConfig, type Reading, readConfig } from '../config/config.js';
import { type CommandLine, readCommandLine } from '../config/flags.js';
import { type Problem, problemText, quote } from '../config/problem.js';
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
  const reading = (startsGateway ? loadConfig : readConfig)({ flags, environment, readFile });
  const problems = [...line.problems, ...strayWords(name, line), ...reading.problems];
  if (problems.length > 0 && name !== 'config') {
    tell(problems, io);
    return startsGateway || reading.problems.length > 0 ? exitCodes.config : exitCodes.usage;
  }
  return await bodies[name]({ line, reading: { ...reading, problems }, version }, io);
}

interface Call {
  readonly line: CommandLine;
  readonly reading: Reading;
  readonly version: string;
}

/** Each command loads its own modules only: who wants a token needs no server. */
const bodies: Record<CommandName, (call: Call, io: Io) => Promise<number>> = {
  async start({ reading, version }, io) {
    for (const warning of reading.warnings) io.err(`tabcast: warning: ${warning}`);
    const { start } = await import('./start.js');
    await start(reading.config, version, io);
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
