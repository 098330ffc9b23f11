import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, textOf } from '../../../src/programs/repository.js';
import { Build, type Image } from './build.js';
import { Container } from './container.js';
import { debianWithNode } from './debian.js';
import { stagesOf } from './dockerfile.js';
import { DockerIgnore } from './dockerignore.js';

/** The repository's Dockerfile carried out, and what comes of it run. Wants root, debootstrap and a network. */
export class Rehearsal {
  readonly #folder: string;
  readonly #build: Build;
  readonly #containers: Container[] = [];

  private constructor(folder: string, build: Build) {
    this.#folder = folder;
    this.#build = build;
  }

  /** Fetches what stands for the image that the stages begin with, and gathers what a build sees of the repository. */
  static async begin(): Promise<Rehearsal> {
    const folder = mkdtempSync(join(tmpdir(), 'tabcast-image-'));
    const [context, layers] = ['context', 'layers'].map((name) => join(folder, name));
    for (const each of [context!, layers!]) mkdirSync(each);
    const node = await debianWithNode();
    new DockerIgnore(textOf('.dockerignore')).copy(root, context!);
    const stages = stagesOf(textOf('gateway/Dockerfile'));
    return new Rehearsal(folder, new Build(stages, context!, { 'node:22-bookworm-slim': node }, layers!));
  }

  /** The image of a stage. */
  image(stage: string): Promise<Image> {
    return this.#build.image(stage);
  }

  /** Runs the image of a stage. */
  async run(
    stage: string,
    environment: Readonly<Record<string, string>>,
    command?: readonly string[],
  ): Promise<Container> {
    const image = await this.image(stage);
    const container = new Container(
      image,
      mkdtempSync(join(this.#folder, 'container-')),
      environment,
      command,
    );
    this.#containers.push(container);
    return container;
  }

  /** Ends what still runs, and takes everything away. */
  async end(): Promise<void> {
    for (const container of this.#containers) await container.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
