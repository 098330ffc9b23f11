import { mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { after, begun, type Configuration, initial, isSaid } from './configuration.js';
import { expanded, type Stage, type Step } from './dockerfile.js';
import { apart, endOf, type Layers, quoted, shown, type Top, within, withKernel } from './layers.js';

/** A stage that was built. */
export interface Image {
  readonly configuration: Configuration;
  readonly layers: Layers;
}

/** Where a stage is being built. */
interface Place extends Top {
  readonly root: string;
  readonly source: string;
}

/** A network may have an authority of its own: a build trusts whom this machine trusts, and keeps nothing of that. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';
const trust = { NODE_EXTRA_CA_CERTS: '/dev/authorities' };

/** Builds stages of a Dockerfile by doing what it says, in folders of this machine. Wants root. */
export class Build {
  readonly #stages: readonly Stage[];
  readonly #context: string;
  readonly #images: Record<string, Promise<Image>>;
  readonly #folder: string;

  /**
   * @param context folder that COPY copies from
   * @param bases layers of the images that stages begin with
   * @param folder where layers are put; empty
   */
  constructor(
    stages: readonly Stage[],
    context: string,
    bases: Readonly<Record<string, Layers>>,
    folder: string,
  ) {
    this.#stages = stages;
    this.#context = context;
    this.#folder = folder;
    const nothing = join(folder, 'nothing');
    mkdirSync(nothing);
    this.#images = { scratch: Promise.resolve({ configuration: initial, layers: [nothing] }) };
    for (const [name, layers] of Object.entries(bases))
      this.#images[name] = Promise.resolve({ configuration: initial, layers });
  }

  /** The image of a stage; what it stands on and copies from is built before, once. */
  image(name: string): Promise<Image> {
    this.#images[name] ??= this.#make(name);
    return this.#images[name];
  }

  async #make(name: string): Promise<Image> {
    const stage = this.#stages.find((one) => one.name === name);
    if (stage === undefined)
      throw new Error(`the Dockerfile has no stage "${name}", and no image of that name is here`);
    const base = await this.image(stage.base);
    const place = this.#placeFor(name);
    let configuration = begun(base.configuration);
    for (const step of stage.steps) {
      if (isSaid(step)) configuration = after(configuration, step);
      else await this.#change(step, configuration, base.layers, place);
    }
    return { configuration, layers: [place.layer, ...base.layers] };
  }

  async #change(step: Step, configuration: Configuration, layers: Layers, place: Place): Promise<void> {
    const { code, output } = await endOf(
      apart([
        shown(layers, place.root, place),
        `mkdir -p ${quoted(place.root + configuration.folder)}`,
        ...(step.keyword === 'RUN'
          ? ran(step, configuration, place)
          : await this.#copied(step, configuration, place)),
      ]),
    );
    if (code !== 0)
      throw new Error(`${step.keyword} ${step.text}\nexited with ${code}:\n${output.slice(-4000)}`);
  }

  async #copied({ keyword, words, flags }: Step, now: Configuration, place: Place): Promise<string[]> {
    const { from, ...others } = flags;
    if (keyword !== 'COPY' || Object.keys(others).length > 0)
      throw new Error(`${keyword} ${Object.keys(others)} cannot be rehearsed`);
    const known = { ...now.args, ...now.environment };
    const sources = words.slice(0, -1).map((word) => expanded(word, known));
    const target = expanded(words.at(-1)!, known);
    const isFolder = target.endsWith('/') || sources.length > 1;
    const into = quoted(place.root + posix.resolve(now.folder, target) + (isFolder ? '/' : ''));
    const root = from === undefined ? this.#context : place.source;
    const mounts = from === undefined ? [] : [shown((await this.image(from)).layers, place.source)];
    return [...mounts, ...sources.map((source) => copied(quoted(join(root, source)), into))];
  }

  #placeFor(name: string): Place {
    const folders = ['layer', 'work', 'root', 'source'].map((part) => join(this.#folder, name, part));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const [layer, work, root, source] = folders as [string, string, string, string];
    return { layer, work, root, source };
  }
}

function ran(step: Step, { environment, args, folder, user }: Configuration, { root }: Place): string[] {
  const { text, flags } = step;
  if (Object.keys(flags).length > 0 || user !== 'root')
    throw new Error(`RUN ${text}: only as root, without flags`);
  const variables = { HOME: '/root', ...trust, ...args, ...environment };
  return [
    withKernel(root),
    `cat ${authorities} > ${quoted(root)}/dev/authorities || true`,
    `mount --bind /etc/resolv.conf ${quoted(root)}/etc/resolv.conf`,
    `exec chroot ${quoted(root)} ${within(folder, variables, ['/bin/sh', '-c', text])}`,
  ];
}

/** Of a folder everything in it; owned by root, and else as it is. */
function copied(source: string, into: string): string {
  const cp = 'cp --archive --no-preserve=ownership';
  return [
    `if [ -d ${source} ]; then mkdir -p ${into}; ${cp} ${source}/. ${into}`,
    `else case ${into} in */) mkdir -p ${into};; esac; ${cp} ${source} ${into}; fi`,
  ].join('\n');
}
