// Softmax cross-entropy with labels, and Hinton's distillation where there is a teacher (1503.02531): loss and gradient
// of the logits, one workgroup per image.
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declareRowSum } from "../reductions.ts";
import { type Dispatch, Shader } from "../shader.ts";

/** The uniform of the loss. */
const targetsStruct = "struct Targets { temperature: f32, alpha: f32, slot: u32, spare: u32 }";

/** Contents of the uniform; `slot`: row of the losses that the next ones go to. */
export function targetsOf(
  { temperature, alpha, slot }: { temperature: number; alpha: number; slot: number },
): DataView {
  const targets = new DataView(new ArrayBuffer(16));
  targets.setFloat32(0, temperature, true);
  targets.setFloat32(4, alpha, true);
  targets.setUint32(8, slot, true);
  return targets;
}

const threads = 64;

/** The largest of `logit(class)`, or NaN where one is NaN. */
const largest = (name: string, logit: string) => `
  var ${name}_own = -0x1.fffffep+127f;
  for (var class_ = local; class_ < sizes.classes; class_ += ${threads}u) {
    let z = ${logit};
    if (!(z <= ${name}_own)) { ${name}_own = z; }
  }
  let ${name} = row_most(${name}_own, local);`;

const total = (name: string, term: string) => `
  var ${name}_own = 0.0;
  for (var class_ = local; class_ < sizes.classes; class_ += ${threads}u) { ${name}_own += ${term}; }
  let ${name} = row_sum(${name}_own, local);`;

/** Leaves the loss of each image in a row of `losses` `[keptLosses, batch]`. */
export function softTargetLoss(
  memory: NetworkMemory,
  places: { labels: Memory; teacher?: Memory; targets: Memory; losses: Memory },
): Dispatch {
  const { plan } = memory;
  const { logits } = plan.ports;
  if (logits.gradient === undefined) throw new RangeError("the network was compiled without gradients of the logits");
  const classes = logits.value.shape[2];
  const { labels, teacher, targets, losses } = places;
  const shader = new Shader("softTargetLoss");
  shader.read("logits", memory.of(logits.buffer));
  shader.read("labels", labels, "i32");
  if (teacher) shader.read("teacher", teacher);
  shader.write("gradient", memory.of(logits.gradient));
  shader.write("losses", losses);
  shader.code(targetsStruct);
  shader.uniform("targets", targets, "Targets");
  shader.sizes({ classes });
  shader.size("share", 1 / plan.batchSize, "f32");
  declareRowSum(shader, { type: "f32", lanes: 1, threads });
  shader.code(`fn row_most(value: f32, local: u32) -> f32 {
  row_sums[local] = value;
  for (var reach = ${threads / 2}u; reach >= 1u; reach = reach / 2u) {
    workgroupBarrier();
    if (local < reach && !(row_sums[local + reach] <= row_sums[local])) { row_sums[local] = row_sums[local + reach]; }
  }
  workgroupBarrier();
  let most = row_sums[0];
  workgroupBarrier();
  return most;
}`);
  const distilled = teacher
    ? `
  let temperature = targets.temperature;
  ${largest("teacher_most", "teacher[at + class_]")}
  ${total("teacher_sum", "exp((teacher[at + class_] - teacher_most) / temperature)")}
  ${total("soft_sum", "exp((logits[at + class_] - most) / temperature)")}
  let teacher_log = log(teacher_sum);
  let soft_log = log(soft_sum);
  var divergence_own = 0.0;
  for (var class_ = local; class_ < sizes.classes; class_ += ${threads}u) {
    let log_teacher = (teacher[at + class_] - teacher_most) / temperature - teacher_log;
    let log_student = (logits[at + class_] - most) / temperature - soft_log;
    let wanted = exp(log_teacher);
    divergence_own += wanted * (log_teacher - log_student);
    // T^2 of the loss, 1/T of the inner derivative.
    gradient[at + class_] += (1.0 - alpha) * temperature * (exp(log_student) - wanted) * sizes.share;
  }
  let divergence = (1.0 - alpha) * temperature * temperature * row_sum(divergence_own, local);`
    : "let divergence = 0.0;";
  const body = `
  let at = tile * sizes.classes;
  let label = u32(labels[tile]);
  let alpha = ${teacher ? "targets.alpha" : "1.0"};
  ${largest("most", "logits[at + class_]")}
  ${total("sum", "exp(logits[at + class_] - most)")}
  for (var class_ = local; class_ < sizes.classes; class_ += ${threads}u) {
    let probability = exp(logits[at + class_] - most) / sum;
    gradient[at + class_] = alpha * (probability - select(0.0, 1.0, class_ == label)) * sizes.share;
  }
  ${distilled}
  if (local == 0u) {
    losses[targets.slot * sizes.tiles + tile] = alpha * (log(sum) + most - logits[at + label]) + divergence;
  }`;
  return shader.dispatch({ tiles: plan.batchSize, threads, body });
}
