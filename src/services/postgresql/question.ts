// How PostgreSQL is asked where its data is: psql, as its own user, over its socket.
import { NO_ENVIRONMENT, pathLines, type QuestionFacet } from '../question.ts';

/** Debian's, where its file says nothing. */
const SOCKETS = '/var/run/postgresql';

export const question: QuestionFacet = {
  programs: () => ['/usr/bin/psql', '/usr/pgsql/bin/psql'],
  words: (told) => {
    const [socket = SOCKETS] = String(told('unix_socket_directories') ?? SOCKETS).split(/, */);
    const place = ['-h', socket, '-p', String(told('port') ?? 5432), '-d', 'postgres'];
    return ['-XAtqw', ...place, '-c', 'SHOW data_directory'];
  },
  environment: NO_ENVIRONMENT,
  answer: pathLines,
};
