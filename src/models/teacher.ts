// The teacher that is trained where the user brings none: a plain residual network (1512.03385) that is several times
// larger than the students, or the CIFAR ResNet that a paper names.
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import type { TeacherNetworkName } from "../schemas/teacher_fields.ts";
import { cifarResnet } from "./cifar_resnet.ts";

const stages = [{ filters: 24, stride: 2 }, { filters: 48, stride: 2 }, { filters: 96, stride: 2 }] as const;

/** The automatic teacher for images and classes as given; stage ends are tapped as in students. */
export function teacherArchitecture(
  io: { height: number; width: number; channels: number; classes: number },
  name: TeacherNetworkName = "residual",
): Architecture {
  if (name !== "residual") {
    const { height, width, channels, classes } = io;
    return cifarResnet({ depth: Number(name.slice("resnet".length)), classes, input: { height, width, channels } });
  }
  const nodes: ArchitectureNode[] = [];
  const conv = (input: number, filters: number, stride: 1 | 2, activation: "relu" | "none") =>
    nodes.push({ op: "conv", inputs: [input], kernel: 3, stride, filters, activation }) - 1;
  let last = -1;
  for (const [index, { filters, stride }] of stages.entries()) {
    const start = conv(last, filters, stride, "relu");
    const branch = conv(conv(start, filters, 1, "relu"), filters, 1, "none");
    last = nodes.push({ op: "add", inputs: [branch, start], tap: `stage${index + 1}` }) - 1;
  }
  last = nodes.push({ op: "globalAveragePool", inputs: [last], tap: "embedding" }) - 1;
  nodes.push({ op: "dense", inputs: [last], units: io.classes });
  const { height, width, channels, classes } = io;
  return { version: 1, input: { height, width, channels }, classes, nodes };
}
