// On what machine a result was measured.
export interface Machine {
  processor: string;
  /** Cores that this process may use. */
  cores: number;
  deno: string;
  v8: string;
}

/** The processor's name as the system gives it. */
export function describeMachine(): Machine {
  return {
    processor: processorName(),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  };
}

function processorName(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.+)$`, "m").exec(text)?.[1];
    // Hypervisors cut the name short; family and model tell the generation.
    return `${field("model name")} (family ${field("cpu family")}, model ${field("model")})`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${Deno.build.os} ${Deno.build.arch}`;
    throw error;
  }
}
