import { z } from 'zod';

/** Options of a node that has none but its controller, which `definePaperlessNode` looks up itself. */
export const noOptions = z.object({});
