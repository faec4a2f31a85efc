// What commands may be told about teachers of the user's: one declaration for all that take them.
import * as z from "zod";

/** How images and classes are brought to a given teacher; options of teachers/open_teacher.ts. */
export const teacherAdaptationFields = {
  teacherNormalisation: z.string().min(1).optional().meta({
    placeholder: "NAME|MEANS/DEVIATIONS",
    defaultText: "as the file says, else unit for TF.js models of other programs and data for all others",
    description: "how images are normalised for given teachers: data, unit (0 to 1), bytes (0 to 255), imagenet, or " +
      "numbers such as 0.5,0.5,0.5/0.25,0.25,0.25",
  }),
  teacherResize: z.boolean().default(false).meta({
    description: "resize images for given teachers that take another size",
  }),
  teacherColours: z.boolean().default(false).meta({
    description: "give colour for grey, or brightness for colour, to given teachers that take the other",
  }),
  teacherClasses: z.string().regex(/^\d+(,\d+)*$/).optional().meta({
    placeholder: "N,N,...",
    defaultText: "all, in order",
    allowed: "numbers from 0 such as 3,0,7",
    description: "which outputs of given teachers are the data's classes, in their order",
  }),
  teacherArchitecture: z.string().min(1).optional().meta({
    placeholder: "NAME",
    defaultText: "found out",
    description: "network that given weights belong to, such as resnet20",
  }),
};

const adaptation = z.strictObject(teacherAdaptationFields);

export type TeacherAdaptation = z.output<typeof adaptation>;

/** The adaptation among other options. */
export function adaptationOf(options: TeacherAdaptation): TeacherAdaptation {
  return adaptation.strip().parse(options);
}

/** The adaptation where no flag asks for one. */
export const adaptationUnset: Readonly<Record<string, unknown>> = adaptation.parse({});

/** Whom students learn from. */
export const teacherField = z.array(z.string().min(1)).min(1).default(["auto"]).meta({
  placeholder: "auto|FILE",
  description: "auto: a larger network, trained once per dataset and kept; or a Nacre checkpoint, weights of a CIFAR " +
    "ResNet, a TF.js model, an ONNX model, or a table of logits (.npy, .safetensors)",
});

export const teacherNetworkSchema = z.enum(["residual", "resnet20", "resnet32", "resnet44", "resnet56"]);

export type TeacherNetworkName = z.infer<typeof teacherNetworkSchema>;

/** What automatic teachers are. */
export const teacherNetworkField = teacherNetworkSchema.default("residual").meta({
  description:
    "network of automatic teachers: one that suits a laptop, or a ResNet for small images as papers use them",
});

/** Number of automatic teachers. */
export const teachersField = z.int().min(0).max(16).optional().meta({
  placeholder: "N",
  defaultText: "what the method needs; 3 where it takes several",
  description:
    "number of automatic teachers, which differ by their seed; none by default for a method that does without",
});

/** Whether anything that is kept of teachers counts. */
export const freshTeacherField = z.boolean().default(false).meta({
  description: "make anew what is kept of earlier calls: automatic teachers, what teachers said of the images, and " +
    "networks that methods such as assistant train on the way",
});

/** `fields` in a group of the help. */
export function inGroup<Fields extends Record<string, z.ZodType>>(group: string, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, schema.meta({ ...schema.meta(), group })]),
  ) as Fields;
}
