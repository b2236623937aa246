// How MongoDB is asked where its data is: mongosh, getCmdLineOpts.
import { NO_ENVIRONMENT, pathLines, type QuestionFacet } from '../question.ts';

export const question: QuestionFacet = {
  programs: () => ['/usr/bin/mongosh', '/usr/bin/mongo'],
  words: (told) => {
    const asked = 'print(db.adminCommand({ getCmdLineOpts: 1 }).parsed.storage.dbPath)';
    return ['--quiet', '--port', String(told('net', 'port') ?? 27_017), '--eval', asked];
  },
  environment: NO_ENVIRONMENT,
  answer: pathLines,
};
