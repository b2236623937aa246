// Writes outputs again and again, inside a throwaway host. Usage: node outputs.ts TIMES PATH
// Prints `written N refused N` at the end; refusals are those that were foreseen.
import { Problem } from '../../src/diagnostic.ts';
import { writeOutput } from '../../src/host/trusted-output.ts';

const [times = '', path = ''] = process.argv.slice(2);
let written = 0;
let refused = 0;
for (let round = 0; round < Number(times); round += 1)
  try {
    writeOutput(path, { what: 'metrics', text: `round ${round}\n`, mode: 0o644 });
    written += 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    refused += 1;
  }
process.stdout.write(`written ${written} refused ${refused}\n`);
