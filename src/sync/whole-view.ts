import { PaperlessError, type CallOptions, type PaperlessReader, type WireIdentity } from '../paperless';

/** Others see a part of an instance and can't tell: the lists just leave out what isn't theirs. */
export function demandSuperuser(name: string, identity: WireIdentity): WireIdentity {
  if (identity.superuser) return identity;
  throw new PaperlessError({
    class: 'instance',
    code: 'not-superuser',
    message: `The token for ${name} belongs to "${identity.username}", who is not a superuser there: paperless would show a part of the documents and say nothing.`,
    nextStep: 'Make that user a superuser in paperless, or give the token of one.',
  });
}

/** Before absence is believed: rights may have been taken away since the instance was identified, and then what others own only seems to be gone. */
export async function demandWholeView(reader: PaperlessReader, call: CallOptions): Promise<void> {
  demandSuperuser(reader.name, await reader.identify(call));
}
