import {
  DockerfileParser,
  type Instruction,
  type JSONInstruction,
  type PropertyInstruction,
} from 'dockerfile-ast';

/** One instruction. */
export interface Step {
  readonly keyword: string;
  /** `--from=build` and its like. */
  readonly flags: Readonly<Record<string, string>>;
  /** The arguments in a row; of RUN, the command. */
  readonly text: string;
  /** The arguments one by one, where they are written as JSON or with spaces between. */
  readonly words: readonly string[];
  /** Of ENV, ARG and LABEL. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly name: string;
  /** Name of another stage, `scratch`, or an image. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** What the machine that builds is, as BuildKit says it. */
const builtIn = { BUILDPLATFORM: 'linux/amd64', TARGETPLATFORM: 'linux/amd64' };

/** The stages of a Dockerfile, in its order. */
export function stagesOf(text: string): Stage[] {
  const [before, ...stages] = parted(DockerfileParser.parse(text).getInstructions().map(stepOf));
  const args: Record<string, string> = Object.assign({ ...builtIn }, ...before!.map(({ values }) => values));
  return stages.map(([from, ...steps]) => {
    const [base, , name] = from!.words;
    return { name: name!, base: expanded(base!, args), steps };
  });
}

/** A text with its `$NAME` and `${NAME}` replaced. @throws when nothing has such a name */
export function expanded(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`nothing in the Dockerfile says what $${name} is`);
    return value;
  });
}

/** What stands before the first FROM, and then a list for each. */
function parted(steps: readonly Step[]): Step[][] {
  const parts: Step[][] = [[]];
  for (const step of steps) {
    if (step.keyword === 'FROM') parts.push([]);
    parts.at(-1)!.push(step);
  }
  return parts;
}

function stepOf(instruction: Instruction): Step {
  const { getFlags, getProperties } = instruction as Partial<JSONInstruction & PropertyInstruction>;
  const flags = getFlags?.call(instruction) ?? [];
  const properties = getProperties?.call(instruction) ?? [];
  const text = instruction.getArgumentsContent() ?? '';
  return {
    keyword: instruction.getKeyword(),
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
    text,
    words: wordsOf(text),
    values: Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? ''])),
  };
}

/** `CMD ["a", "b"]` of HEALTHCHECK, `["a", "b"]`, or words with spaces between. */
function wordsOf(text: string): string[] {
  const json = text.replace(/^CMD\s+(?=\[)/, '');
  return json.startsWith('[') ? (JSON.parse(json) as string[]) : text.split(/\s+/);
}
