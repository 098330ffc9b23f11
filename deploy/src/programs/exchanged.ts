/**
 * A configuration of the repository with its places exchanged for those of this machine, so that the very file that is
 * deployed can be tried here.
 * @param places what stands there, by what is to stand there instead
 * @throws when one of them does not stand there, because then nothing would be tried
 */
export function exchanged(configuration: string, places: Readonly<Record<string, string>>): string {
  let text = configuration;
  for (const [there, here] of Object.entries(places)) {
    if (!text.includes(there)) throw new Error(`the configuration has no "${there}" to exchange`);
    text = text.replaceAll(there, here);
  }
  return text;
}
