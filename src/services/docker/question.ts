// How dockerd is asked where its data is: docker info.
import { NO_ENVIRONMENT, pathLines, type QuestionFacet } from '../question.ts';

export const question: QuestionFacet = {
  programs: () => ['/usr/bin/docker'],
  words: () => ['info', '--format', '{{.DockerRootDir}}'],
  environment: NO_ENVIRONMENT,
  answer: pathLines,
};
