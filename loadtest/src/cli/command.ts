/**
 * Runs a command to its end: exit code 0, 1 when the work fails, 2 with the usage when the plan cannot be read. `--help`
 * prints the usage.
 * @param read makes the plan of `process.argv`, and throws what is wrong with it
 */
export async function runCommand<Plan>(
  usage: string,
  read: () => Plan,
  work: (plan: Plan) => Promise<void>,
): Promise<never> {
  if (process.argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  const plan = readOrExit(usage, read);
  try {
    await work(plan);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  process.exit(0);
}

function readOrExit<Plan>(usage: string, read: () => Plan): Plan {
  try {
    return read();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

/**
 * Reads the value of an option as a number above 0.
 * @throws {RangeError} naming the option
 */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`--${option}: expected a number above 0, got "${text}"`);
}
