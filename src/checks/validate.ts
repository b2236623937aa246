// `jts-hot validate`: proves the layout. Nothing is changed; what the write probes make is gone when it returns.

import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { compareDisk } from '../command/right-disk.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { type Check, failed } from './check.ts';
import type { ValidateResult } from './validate-document.ts';
import { validate } from './validation.ts';

export async function validateCommand(context: Context): Promise<Answer<ValidateResult>> {
  // Only root can be each service user in turn.
  requireRoot(context);
  const checks = validate(context.layout, context.host, await compareDisk(context));
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  const errors = failed(checks, 'error').length;
  return {
    exitCode: errors === 0 && count('skip') === 0 ? EXIT.ok : EXIT.failed,
    problems: [],
    result: {
      root: context.host.root,
      base: context.layout.base,
      passed: count('pass'),
      failed: errors,
      warnings: failed(checks, 'warning').length,
      skipped: count('skip'),
      following: checks.filter((check) => check.because !== null).length,
      checks,
    },
  };
}
