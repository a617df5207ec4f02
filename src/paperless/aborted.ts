import { PaperlessError } from './errors';
import { requestLabel } from './request-label';
import type { TransportRequest } from './transport';

/** The one error of class `aborted`; `message` says where it happened. */
export function aborted(request: TransportRequest, message: string): PaperlessError {
  return new PaperlessError({
    class: 'aborted',
    code: 'aborted',
    message,
    nextStep: 'Nothing to do: it is taken up again in the next cycle.',
    request: requestLabel(request.method, request.path),
  });
}
