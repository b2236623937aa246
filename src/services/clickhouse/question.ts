// How ClickHouse is asked where its data is: clickhouse-client, system.disks.
import { NO_ENVIRONMENT, pathLines, type QuestionFacet } from '../question.ts';

export const question: QuestionFacet = {
  programs: () => ['/usr/bin/clickhouse-client'],
  words: (told) => {
    const port = String(told('clickhouse', 'tcp_port') ?? 9000);
    return ['--port', port, '--query', "SELECT path FROM system.disks WHERE type = 'local' FORMAT TSVRaw"];
  },
  environment: NO_ENVIRONMENT,
  answer: pathLines,
};
