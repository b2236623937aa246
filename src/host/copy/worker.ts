// Owns one thread that copies, hashes or compares: does what it is told once, answers, and ends. Only this thread reads and writes
// the trees.
import { parentPort } from 'node:worker_threads';
import { runDiffer } from './differ.ts';
import { runHash } from './hash.ts';
import { runPass } from './pass.ts';
import type { Answer, Start } from './report.ts';

parentPort?.once('message', (start: Start) => {
  parentPort?.postMessage(answerTo(start));
  parentPort?.close();
});

function answerTo(start: Start): Answer {
  switch (start.work) {
    case 'copy':
      return runPass(start);
    case 'hash':
      return runHash(start);
    case 'differ':
      return runDiffer(start);
    default:
      return start satisfies never;
  }
}
