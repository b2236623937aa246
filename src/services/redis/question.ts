// How Redis and Valkey are asked where their data is: redis-cli, CONFIG GET dir.
import { pathLines, type QuestionFacet } from '../question.ts';

export const question: QuestionFacet = {
  programs: () => ['/usr/bin/redis-cli', '/usr/bin/valkey-cli'],
  words: (told) => {
    const port = String(told('port') ?? 6379);
    const socket = told('unixsocket');
    const place = port === '0' && socket !== null ? ['-s', String(socket)] : ['-p', port];
    return ['-e', '--raw', ...place, 'CONFIG', 'GET', 'dir'];
  },
  environment(told) {
    const password = told('requirepass');
    return password === null ? {} : { REDISCLI_AUTH: String(password) };
  },
  answer: pathLines,
};
