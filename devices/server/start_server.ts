// The listeners of a hub: loopback always, and HTTPS to the local network where that is asked for.
import type { Hono } from "hono";
import { type AppDependencies, createApp } from "./app.ts";
import type { AppEnvironment } from "./guards.ts";
import { hashOf } from "./secrets.ts";

export interface StartedServer {
  /** Of the page, ending in "/": where phones go with `lan`. */
  url: string;
  /** Of the page on this machine, where browsers go that this machine launches. */
  localUrl: string;
  /** SHA-256 of the certificate authority, in hexadecimal; with `lan` only. */
  fingerprint?: string;
  /** Stops listening; requests under way get 2 s. */
  close(): Promise<void>;
}

export interface StartServerOptions {
  dataDir: string;
  port?: number;
  lan: boolean;
  /** Lines for people. */
  log?: (line: string) => void;
  /** All that the routes need besides where they are served. */
  app: Promise<Omit<AppDependencies, "hosts" | "port" | "protocol" | "installs" | "log">>;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Response | Promise<Response>;
type ListenOptions = { hostname: string; cert?: string; key?: string };

export const defaultPort = 7411;
const loopback = "127.0.0.1";
const closeDeadlineMs = 2000;

function serve(handler: Handler, port: number, { hostname, cert, key }: ListenOptions): Deno.HttpServer<Deno.NetAddr> {
  const tcp = { hostname, port, onListen: () => {} };
  return cert !== undefined && key !== undefined
    ? Deno.serve({ ...tcp, cert, key }, handler)
    : Deno.serve(tcp, handler);
}

/** Listens on the port asked for, else on the usual one, else on any. */
function listen(
  handler: Handler,
  { port, usualPort, log, ...options }: ListenOptions & Pick<StartServerOptions, "port" | "log"> & {
    usualPort: number;
  },
) {
  try {
    return serve(handler, port ?? usualPort, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    if (port !== undefined) {
      throw new Error(`Cannot serve the probe page: port ${port} is in use; choose another with --port`);
    }
    const server = serve(handler, 0, options);
    log?.(`port ${usualPort} is in use, so the probe page is on port ${server.addr.port}`);
    return server;
  }
}

/** Stops a server; connections that stay open longer are left behind. */
export async function shutDown(server: Deno.HttpServer): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, closeDeadlineMs));
  await Promise.race([server.shutdown(), deadline]);
  clearTimeout(timer);
}

/** A handler for an app that comes up after its listener: that a port is busy should be known at once. */
function handlerOf(app: Promise<Hono<AppEnvironment>>): Handler {
  return async (request, { remoteAddr }) => (await app).fetch(request, { address: remoteAddr.hostname });
}

/** Error where the port is busy, or the network has no address. */
export async function startServer({ dataDir, port, lan, log, app }: StartServerOptions): Promise<StartedServer> {
  // Who fails before it is waited for must not end the program.
  app.catch(() => {});
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const close = async () => {
    await Promise.all(servers.map(shutDown));
  };

  function start(
    options: ListenOptions & Pick<StartServerOptions, "port" | "log"> & { usualPort?: number },
    more: Pick<AppDependencies, "hosts" | "protocol" | "installs">,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Hono<AppEnvironment>>();
    promise.catch(() => {});
    const server = listen(handlerOf(promise), { usualPort: defaultPort, ...options });
    servers.push(server);
    app.then((parts) => resolve(createApp({ ...parts, ...more, port: server.addr.port, log }))).catch(reject);
    return { port: server.addr.port, ready: promise };
  }

  const local = { hosts: [loopback, "localhost"], protocol: "http:" } as const;
  try {
    if (!lan) {
      const { port: own, ready } = start({ hostname: loopback, port, log }, local);
      await ready;
      const url = `http://${loopback}:${own}/`;
      return { url, localUrl: url, close };
    }
    // Loaded here, since what makes certificates is large, and most programs need none.
    const { lanCertificate } = await import("./tls/lan_certificate.ts");
    const { iosProfile } = await import("./tls/ios_profile.ts");
    const { cert, key, caDer, addresses, hosts } = await lanCertificate(dataDir, undefined, { log });
    if (addresses.length === 0) {
      throw new Error("Cannot serve the local network: this machine has no IPv4 address in one");
    }
    const installs = new Map([
      ["/ca.crt", { body: caDer, type: "application/x-x509-ca-cert" }],
      ["/ca.mobileconfig", { body: iosProfile(caDer), type: "application/x-apple-aspen-config" }],
    ]);
    const outer = start({ hostname: "0.0.0.0", port, cert, key, log }, { hosts, protocol: "https:", installs });
    // The same one again after a restart, if it can be had: cookies hold for a port.
    const inner = start({ hostname: loopback, usualPort: outer.port < 65535 ? outer.port + 1 : 0 }, local);
    await Promise.all([outer.ready, inner.ready]);
    return {
      url: `https://${addresses[0]}:${outer.port}/`,
      localUrl: `http://${loopback}:${inner.port}/`,
      fingerprint: hashOf(caDer),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
