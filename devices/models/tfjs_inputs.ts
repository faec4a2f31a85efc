// The inputs of a TF.js model, from its topology alone: what tfjs makes of it when it loads the model.
import * as z from "zod";
import type { DeclaredInput, DeclaredSize } from "./declared_input.ts";

// Sizes come as numbers, or as text where a converter wrote 64-bit integers; -1 and null are open.
const sizeSchema = z.union([z.number(), z.string().regex(/^-?\d+$/)]);
const tensorShapeSchema = z.object({
  dim: z.array(z.object({ size: sizeSchema.optional() })).optional(),
  unknownRank: z.boolean().optional(),
});
const typeSchema = z.union([z.string(), z.number()]);

const tensorInfoSchema = z.object({
  name: z.string().optional(),
  dtype: typeSchema.optional(),
  tensorShape: tensorShapeSchema.optional(),
  resourceId: z.unknown().optional(),
});
const signatureSchema = z.object({ inputs: z.record(z.string(), tensorInfoSchema).optional() });
const graphSchema = z.object({
  node: z.array(z.object({
    name: z.string(),
    op: z.string(),
    attr: z.object({
      dtype: z.object({ type: typeSchema.optional() }).optional(),
      shape: z.object({ shape: tensorShapeSchema.optional() }).optional(),
    }).optional(),
  })),
});

function parse<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`its ${part} cannot be read: ${[...path, message].join(": ")}`);
}

/** TensorFlow's data types as tfjs takes them: DT_FLOAT, DT_HALF and DT_DOUBLE are its float32. */
function typeName(type: string | number | undefined): string {
  if (type === undefined || type === "DT_FLOAT" || type === "DT_HALF" || type === "DT_DOUBLE") return "float32";
  if (type === 1 || type === 2 || type === 19) return "float32";
  return String(type).replace(/^DT_/, "").toLowerCase();
}

function shapeOf(shape: z.infer<typeof tensorShapeSchema> | undefined): DeclaredSize[] | undefined {
  if (!shape || shape.unknownRank) return undefined;
  return (shape.dim ?? []).map(({ size }) => size === undefined || Number(size) < 1 ? undefined : Number(size));
}

/** Inputs of a GraphModel: those of its signature, else its placeholders. Error where either cannot be read. */
export function graphInputs(topology: unknown, signature: unknown): DeclaredInput[] {
  const signed = Object.entries(parse(signatureSchema, signature ?? {}, "signature").inputs ?? {})
    .filter(([, { resourceId }]) => resourceId === undefined || resourceId === null);
  const { node } = parse(graphSchema, topology, "graph");
  const placeholders = node.filter(({ op }) => op.startsWith("Placeholder")).map(({ name, attr }) => ({
    name,
    type: typeName(attr?.dtype?.type),
    shape: shapeOf(attr?.shape?.shape),
  }));
  if (signed.length === 0) return placeholders;
  return signed.map(([key, { name = key, dtype, tensorShape }]) => {
    const placeholder = placeholders.find((one) => one.name === name.split(":")[0]);
    return {
      name,
      type: dtype === undefined ? placeholder?.type ?? "float32" : typeName(dtype),
      shape: shapeOf(tensorShape) ?? placeholder?.shape,
    };
  });
}

interface LayerConfig {
  class_name: string;
  config: LayerSettings | LayerConfig[];
}

interface LayerSettings {
  name?: string;
  dtype?: string;
  batch_input_shape?: (number | null)[] | null;
  layers?: LayerConfig[];
  input_layers?: unknown[];
}

const settingsSchema: z.ZodType<LayerSettings> = z.lazy(() =>
  z.object({
    name: z.string().optional(),
    dtype: z.string().optional(),
    batch_input_shape: z.array(z.number().nullable()).nullable().optional(),
    layers: z.array(layerSchema).optional(),
    input_layers: z.array(z.unknown()).optional(),
  })
);
const layerSchema: z.ZodType<LayerConfig> = z.lazy(() =>
  z.object({ class_name: z.string(), config: z.union([z.array(layerSchema), settingsSchema]) })
);

function layerInputs({ class_name, config }: LayerConfig): DeclaredInput[] {
  const settings = Array.isArray(config) ? { layers: config } : config;
  const { layers, input_layers, batch_input_shape, dtype = "float32", name = class_name } = settings;
  if (!layers || batch_input_shape) {
    const shape = batch_input_shape?.map((size) => size === null || size < 1 ? undefined : size);
    return [{ name, type: dtype, shape }];
  }
  if (class_name === "Sequential") return layers.length ? layerInputs(layers[0]) : [];
  // Keras writes one input layer without the outer list.
  const names = Array.isArray(input_layers?.[0])
    ? input_layers.map((entry) => (entry as unknown[])[0])
    : input_layers?.slice(0, 1);
  return (names ?? []).flatMap((wanted) => {
    const layer = layers.find(({ config }) => !Array.isArray(config) && config.name === wanted);
    return layer ? layerInputs(layer) : [];
  });
}

/** Inputs of a LayersModel. Error where its topology cannot be read. */
export function layersInputs(topology: unknown): DeclaredInput[] {
  const outer = parse(z.object({ model_config: z.unknown().optional() }), topology, "topology");
  return layerInputs(parse(layerSchema, outer.model_config ?? topology, "topology"));
}
