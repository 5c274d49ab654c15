/** The measurements by name. Each prints its figures; none is a test, since a time depends on the machine. */
const BENCHES: Record<string, () => Promise<{ run(): void | Promise<void> }>> = {
  evaluation: () => import('./evaluation'),
  'data-path': () => import('./data-path'),
  memory: () => import('./memory'),
};

/** `npm run bench -- [name ...]`: runs the named measurements one after the other, all of them when none is named. */
async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) {
    throw new Error(`Unknown: ${unknown.join(', ')}. Measurements: ${Object.keys(BENCHES).join(', ')}.`);
  }
  for (const [name, load] of Object.entries(BENCHES)) {
    if (names.length === 0 || names.includes(name)) {
      console.log(`\n${name}`);
      await (await load()).run();
    }
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
