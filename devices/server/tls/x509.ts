// The one place that loads the certificate library: it needs reflect-metadata to be there before it.
import "reflect-metadata";
export * from "@peculiar/x509";
