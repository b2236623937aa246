// Writes outputs again and again, inside a throwaway host: so often, and until both answers were met. Usage: node
// outputs.ts TIMES PATH
// Prints `written N refused N` at the end; refusals are those that were foreseen.

import { writeOutput } from '../../src/host/trusted/output.ts';
import { Problem } from '../../src/messages/diagnostic.ts';

const [times = '', path = ''] = process.argv.slice(2);
let written = 0;
let refused = 0;
// On a busy machine the attacker may sleep for the first of them.
const deadline = Date.now() + 20_000;
const met = () => (written > 0 && refused > 0) || Date.now() > deadline;
for (let round = 0; round < Number(times) || !met(); round += 1)
  try {
    writeOutput(path, { what: 'metrics', text: `round ${round}\n`, mode: 0o644 });
    written += 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    refused += 1;
  }
process.stdout.write(`written ${written} refused ${refused}\n`);
