// What the sessions of all devices of one program share: this machine's own answers, and the references' nominal times.
import { prepareNetworks } from "./models/prepare.ts";
import { createReference } from "./reference.ts";
import { renewedNominals } from "./renewed_nominals.ts";
import { openNominals } from "./server/nominals.ts";
import type { SessionContext } from "./session.ts";

/** All of a session but the device; whoever has it closes it. */
export interface SharedSessionParts extends Pick<SessionContext, "prepare" | "nominals"> {
  close(): Promise<void>;
}

/**
 * Opens them for the data folder `dataDir`; `files`: where the files of models lie, by SHA-256; `renewNominals`: what is
 * stored of the nominal times does not count.
 */
export function openSessionParts(
  { dataDir, files, renewNominals = false }: {
    dataDir: string;
    files: ReadonlyMap<string, string>;
    renewNominals?: boolean;
  },
): SharedSessionParts {
  const reference = createReference();
  const nominals = openNominals(dataDir);
  return {
    prepare: (models, runtime, { signal } = {}) =>
      prepareNetworks(models, runtime, { dataDir, files, reference, signal }),
    nominals: renewNominals ? renewedNominals(nominals) : nominals,
    async close() {
      nominals.close();
      await reference.close();
    },
  };
}
